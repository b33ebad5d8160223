import { Injectable, type BeforeApplicationShutdown, type OnApplicationBootstrap } from '@nestjs/common';
import { Actor } from '../../shared/access/actor.js';
import { PeriodicTask } from '../../shared/async/periodic-task.js';
import type { Transaction } from '../../shared/persistence/transaction.js';
import { TenantSweeper } from '../../shared/timers/tenant-sweeper.js';
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
  private readonly task = new PeriodicTask(QuoteTimer.name, 'Failed to process expired quotes');

  constructor(
    private readonly sweeper: TenantSweeper,
    private readonly quotes: QuoteRepository,
  ) {}

  onApplicationBootstrap(): void {
    this.task.every(INTERVAL_MS, () => this.sweep());
  }

  beforeApplicationShutdown(): Promise<void> {
    return this.task.stop();
  }

  /** Does nothing while the clock is unsteady. A failure for one tenant does not stop the others. */
  sweep(): Promise<void> {
    return this.sweeper.eachTenant(this.task, (tenantId) =>
      this.sweeper.inChunks(this.task, { tenantId, size: CHUNK_SIZE }, (transaction, now) =>
        this.expire(transaction, now),
      ),
    );
  }

  private async expire(transaction: Transaction, now: Date): Promise<number> {
    const due = await this.quotes.lockDue(transaction, now, CHUNK_SIZE);
    for (const quote of due) {
      const before = quote.snapshot();
      quote.expire(now);
      const change = quote.changeSince(before, now);
      await this.quotes.update(quote);
      const actor = Actor.service(TIMER_SERVICE, transaction.tenantId);
      if (change) transaction.record(new QuoteExpiredEvent(actor, now, quote, change));
    }
    return due.length;
  }
}
