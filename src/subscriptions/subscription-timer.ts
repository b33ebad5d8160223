import { Injectable, Logger, type BeforeApplicationShutdown, type OnApplicationBootstrap } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource } from 'typeorm';
import { Config } from '../config.js';
import { PeriodicTask } from '../shared/async/periodic-task.js';
import { UnitOfWork } from '../shared/persistence/unit-of-work.js';
import { Clock } from '../shared/time/clock.js';
import { DatabaseClock } from '../shared/time/database-clock.js';
import { SubscriptionRepository } from './subscription.repository.js';
import { SubscriptionUpdater } from './subscription-updater.js';

const CHUNK_SIZE = 100;

/**
 * Records the end of subscriptions, at start and at every interval, in every process: one that another process has locked is skipped. A
 * subscription has ended from its time on, whether the timer has come by or not.
 */
@Injectable()
export class SubscriptionTimer implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly logger = new Logger(SubscriptionTimer.name);
  private readonly task = new PeriodicTask(SubscriptionTimer.name, 'Failed to record ended subscriptions');

  constructor(
    @InjectDataSource() private readonly dataSource: DataSource,
    private readonly unitOfWork: UnitOfWork,
    private readonly subscriptions: SubscriptionRepository,
    private readonly updater: SubscriptionUpdater,
    private readonly clock: Clock,
    private readonly databaseClock: DatabaseClock,
    private readonly config: Config,
  ) {}

  onApplicationBootstrap(): void {
    this.task.every(this.config.settings.LICENSE_TIMER_INTERVAL_MS, () => this.sweep());
    this.task.runSoon(() => this.sweep());
  }

  beforeApplicationShutdown(): Promise<void> {
    return this.task.stop();
  }

  /** Does nothing while the clock is unsteady. A failure for one tenant does not stop the others. */
  async sweep(): Promise<void> {
    const tenants = await this.dataSource.query<{ id: string }[]>('SELECT id FROM tenants ORDER BY id');
    for (const { id } of tenants) {
      await this.sweepTenant(id).catch((error: unknown) => {
        this.logger.warn(`Failed to record ended subscriptions of tenant ${id}: ${String(error)}`);
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
      const ended = await this.subscriptions.lockEnded(transaction, now, CHUNK_SIZE);
      for (const subscription of ended) await this.updater.recordEnd(transaction, subscription, now);
      return ended.length;
    });
  }
}
