import { Injectable } from '@nestjs/common';
import { Config } from '../config.js';
import { Clock } from '../shared/time/clock.js';
import { DatabaseClock } from '../shared/time/database-clock.js';
import { TenantSweeper } from '../shared/timers/tenant-sweeper.js';
import { TenantTimer } from '../shared/timers/tenant-timer.js';
import { ENDED_LEASES, FIRST_ID, LeaseEndRecorder } from './lease-end-recorder.js';
import { SeatAllocator } from './seat-allocator.js';

/** Licenses with leases per statement, and seats of license files per statement. */
const CHUNK_SIZE = 1_000;

/**
 * Records ended leases of licenses that nobody asks about: of several processes, the lock of the license lets one find the lease. A lease has ended from its time on, whether the timer has come by or not.
 */
@Injectable()
export class LeaseTimer extends TenantTimer {
  protected readonly due = ENDED_LEASES;

  constructor(
    sweeper: TenantSweeper,
    private readonly leaseEnds: LeaseEndRecorder,
    private readonly allocator: SeatAllocator,
    private readonly clock: Clock,
    private readonly databaseClock: DatabaseClock,
    { settings }: Config,
  ) {
    super(sweeper, settings.LICENSE_TIMER_INTERVAL_MS, 'Failed to record ended leases');
  }

  /** Does nothing while the clock is unsteady. */
  protected async sweepTenant(tenantId: string): Promise<void> {
    let after: string | undefined = FIRST_ID;
    while (after !== undefined && this.isRunning) {
      const { licenseIds, last } = await this.leaseEnds.findEndedLeases(tenantId, this.clock.now(), after, CHUNK_SIZE);
      await this.endLeases(tenantId, licenseIds);
      after = last;
    }
    let ended = '';
    while (this.isRunning) {
      const licenseIds = await this.leaseEnds.findEndedFiles(tenantId, this.clock.now(), CHUNK_SIZE);
      // Seats that could not be ended are left to the next sweep.
      if (licenseIds.length === 0 || licenseIds.join() === ended) return;
      await this.endLeases(tenantId, licenseIds);
      ended = licenseIds.join();
    }
  }

  private async endLeases(tenantId: string, licenseIds: readonly string[]): Promise<void> {
    for (const licenseId of licenseIds) {
      if (!this.isRunning) return;
      await this.allocator.endLeases(tenantId, licenseId);
      await this.sweeper.changed(tenantId, 1);
    }
  }

  private get isRunning(): boolean {
    return !this.task.stopped && this.databaseClock.isSteady();
  }
}
