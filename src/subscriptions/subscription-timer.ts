import { Injectable } from '@nestjs/common';
import { Config } from '../config.js';
import type { Transaction } from '../shared/persistence/transaction.js';
import { TenantSweeper } from '../shared/timers/tenant-sweeper.js';
import { TenantTimer } from '../shared/timers/tenant-timer.js';
import { ENDED_SUBSCRIPTIONS, SubscriptionRepository } from './subscription.repository.js';
import { SubscriptionUpdater } from './subscription-updater.js';

const CHUNK_SIZE = 100;

/**
 * Records the end of subscriptions: one that another process has locked is skipped. A
 * subscription has ended from its time on, whether the timer has come by or not.
 */
@Injectable()
export class SubscriptionTimer extends TenantTimer {
  protected readonly due = [ENDED_SUBSCRIPTIONS('tenant.tenant_id', '$1')];

  constructor(
    sweeper: TenantSweeper,
    private readonly subscriptions: SubscriptionRepository,
    private readonly updater: SubscriptionUpdater,
    { settings }: Config,
  ) {
    super(sweeper, settings.LICENSE_TIMER_INTERVAL_MS, 'Failed to record ended subscriptions');
  }

  protected sweepTenant(tenantId: string): Promise<void> {
    return this.inChunks(tenantId, CHUNK_SIZE, (transaction, now) => this.recordEnds(transaction, now));
  }

  private async recordEnds(transaction: Transaction, now: Date): Promise<number> {
    const ended = await this.subscriptions.lockEnded(transaction, now, CHUNK_SIZE);
    for (const subscription of ended) await this.updater.recordEnd(transaction, subscription, now);
    return ended.length;
  }
}
