import { Injectable, type BeforeApplicationShutdown, type OnApplicationBootstrap } from '@nestjs/common';
import { Config } from '../../config.js';
import { PeriodicTask } from '../../shared/async/periodic-task.js';
import { DatabaseClock } from '../../shared/time/database-clock.js';
import type { Transaction } from '../../shared/persistence/transaction.js';
import { TenantSweeper } from '../../shared/timers/tenant-sweeper.js';
import { PoolAllowance } from '../issuing/pool-allowance.js';
import { LicenseRepository } from '../license.repository.js';
import { applyDueMilestones } from './apply-due-milestones.js';

/** Most licenses that are in memory and locked at once. */
const CHUNK_SIZE = 500;

/**
 * Applies due milestones at start and at every interval, in every process: a license that another process has locked is skipped. The
 * milestone and its events are written in one transaction, so a crash neither loses nor repeats an event.
 */
@Injectable()
export class LicenseTimer implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly task = new PeriodicTask(LicenseTimer.name, 'Failed to process due licenses');

  constructor(
    private readonly sweeper: TenantSweeper,
    private readonly licenses: LicenseRepository,
    private readonly pools: PoolAllowance,
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

  /**
   * Applies all due milestones, tenant by tenant; does nothing while the clock is unsteady. A failure for one tenant does not stop the
   * others.
   */
  async sweep(): Promise<void> {
    if (!this.databaseClock.isSteady()) return;
    await this.sweeper.eachTenant(this.task, (tenantId) =>
      this.sweeper.inChunks(this.task, { tenantId, size: CHUNK_SIZE }, (transaction, now) =>
        this.apply(transaction, now),
      ),
    );
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
