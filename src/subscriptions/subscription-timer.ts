import { Injectable, type BeforeApplicationShutdown, type OnApplicationBootstrap } from '@nestjs/common';
import { Config } from '../config.js';
import { PeriodicTask } from '../shared/async/periodic-task.js';
import type { Transaction } from '../shared/persistence/transaction.js';
import { TenantSweeper } from '../shared/timers/tenant-sweeper.js';
import { SubscriptionRepository } from './subscription.repository.js';
import { SubscriptionUpdater } from './subscription-updater.js';

const CHUNK_SIZE = 100;

/**
 * Records the end of subscriptions, at start and at every interval, in every process: one that another process has locked is skipped. A
 * subscription has ended from its time on, whether the timer has come by or not.
 */
@Injectable()
export class SubscriptionTimer implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly task = new PeriodicTask(SubscriptionTimer.name, 'Failed to record ended subscriptions');

  constructor(
    private readonly sweeper: TenantSweeper,
    private readonly subscriptions: SubscriptionRepository,
    private readonly updater: SubscriptionUpdater,
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
  sweep(): Promise<void> {
    return this.sweeper.eachTenant(this.task, (tenantId) =>
      this.sweeper.inChunks(this.task, { tenantId, size: CHUNK_SIZE }, (transaction, now) =>
        this.recordEnds(transaction, now),
      ),
    );
  }

  private async recordEnds(transaction: Transaction, now: Date): Promise<number> {
    const ended = await this.subscriptions.lockEnded(transaction, now, CHUNK_SIZE);
    for (const subscription of ended) await this.updater.recordEnd(transaction, subscription, now);
    return ended.length;
  }
}
