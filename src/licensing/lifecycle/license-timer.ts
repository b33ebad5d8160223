import { Injectable } from '@nestjs/common';
import { Config } from '../../config.js';
import type { Transaction } from '../../shared/persistence/transaction.js';
import { TenantSweeper } from '../../shared/timers/tenant-sweeper.js';
import { TenantTimer } from '../../shared/timers/tenant-timer.js';
import { PoolAllowance } from '../issuing/pool-allowance.js';
import { DUE_LICENSES, LICENSES_MARKED_EARLY, LicenseRepository } from '../license.repository.js';
import { applyDueMilestones } from './apply-due-milestones.js';

/** Most licenses that are in memory and locked at once. */
const CHUNK_SIZE = 500;

/**
 * Applies due milestones: a license that another process has locked is skipped. The
 * milestone and its events are written in one transaction, so a crash neither loses nor repeats an event.
 */
@Injectable()
export class LicenseTimer extends TenantTimer {
  protected readonly due = [DUE_LICENSES('tenant.tenant_id', '$1'), LICENSES_MARKED_EARLY('tenant.tenant_id', '$1')];

  constructor(
    sweeper: TenantSweeper,
    private readonly licenses: LicenseRepository,
    private readonly pools: PoolAllowance,
    { settings }: Config,
  ) {
    super(sweeper, settings.LICENSE_TIMER_INTERVAL_MS, 'Failed to process due licenses');
  }

  protected sweepTenant(tenantId: string): Promise<void> {
    return this.inChunks(tenantId, CHUNK_SIZE, (transaction, now) => this.apply(transaction, now));
  }

  private async apply(transaction: Transaction, now: Date): Promise<number> {
    const due = await this.licenses.lockDue(transaction, now, CHUNK_SIZE);
    for (const license of due) {
      for (const event of applyDueMilestones(license, now)) transaction.record(event);
    }
    if (due.length > 0) this.licenses.updateTimes(transaction, due);
    const pooled = due.filter(({ poolId }) => poolId !== null);
    if (pooled.length > 0) await this.pools.settle(transaction, pooled, now);
    return due.length;
  }
}
