import { Injectable, Logger, type BeforeApplicationShutdown, type OnApplicationBootstrap } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource } from 'typeorm';
import { Actor } from '../../shared/access/actor.js';
import { PeriodicTask } from '../../shared/async/periodic-task.js';
import { Clock } from '../../shared/time/clock.js';
import { DatabaseClock } from '../../shared/time/database-clock.js';
import { UnitOfWork } from '../../shared/persistence/unit-of-work.js';
import { QuoteExpiredEvent } from '../events/quote.events.js';
import { QuoteRepository } from './quote.repository.js';

const INTERVAL_MS = 10 * 60 * 1000;
const CHUNK_SIZE = 100;
/** Actor of the events. */
const TIMER_SERVICE = 'quote-timer';

/**
 * Stores that quotes have expired, with their events, in every process: a quote that another process has locked is skipped. A quote is
 * EXPIRED from its date on, whether the timer has come by or not.
 */
@Injectable()
export class QuoteTimer implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly logger = new Logger(QuoteTimer.name);
  private readonly task = new PeriodicTask(QuoteTimer.name, 'Failed to process expired quotes');

  constructor(
    @InjectDataSource() private readonly dataSource: DataSource,
    private readonly unitOfWork: UnitOfWork,
    private readonly quotes: QuoteRepository,
    private readonly clock: Clock,
    private readonly databaseClock: DatabaseClock,
  ) {}

  onApplicationBootstrap(): void {
    this.task.every(INTERVAL_MS, () => this.sweep());
  }

  beforeApplicationShutdown(): Promise<void> {
    return this.task.stop();
  }

  /** Does nothing while the clock is unsteady. A failure for one tenant does not stop the others. */
  async sweep(): Promise<void> {
    const tenants = await this.dataSource.query<{ id: string }[]>('SELECT id FROM tenants ORDER BY id');
    for (const { id } of tenants) {
      await this.sweepTenant(id).catch((error: unknown) => {
        this.logger.warn(`Failed to process expired quotes of tenant ${id}: ${String(error)}`);
      });
    }
  }

  private async sweepTenant(tenantId: string): Promise<void> {
    while (!this.task.stopped && (await this.sweepChunk(tenantId)) === CHUNK_SIZE);
  }

  private sweepChunk(tenantId: string): Promise<number> {
    return this.unitOfWork.run(tenantId, async (transaction) => {
      if (!this.databaseClock.isSteady()) return 0;
      const now = this.clock.now();
      const due = await this.quotes.lockDue(transaction, now, CHUNK_SIZE);
      for (const quote of due) {
        const before = quote.snapshot();
        quote.expire(now);
        const change = quote.changeSince(before, now);
        await this.quotes.update(quote);
        const actor = Actor.service(TIMER_SERVICE, tenantId);
        if (change) transaction.record(new QuoteExpiredEvent(actor, now, quote, change));
      }
      return due.length;
    });
  }
}
