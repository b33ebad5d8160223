import { Injectable, Logger, type BeforeApplicationShutdown, type OnApplicationBootstrap } from '@nestjs/common';
import { CommandBus } from '@nestjs/cqrs';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource } from 'typeorm';
import { Config } from '../config.js';
import { PeriodicTask } from '../shared/async/periodic-task.js';
import { RecordEventsCommand } from '../shared/messaging/record-events.command.js';
import { Clock } from '../shared/time/clock.js';
import { DatabaseClock } from '../shared/time/database-clock.js';
import { LeaseEndRecorder } from './lease-end-recorder.js';
import { SeatAllocator } from './seat-allocator.js';

/** Licenses with leases per statement, and seats of license files per statement. */
const CHUNK_SIZE = 1_000;
/** Licenses whose events may wait for the event log at once. */
const MAX_WAITING = 100;
const FIRST_ID = '00000000-0000-0000-0000-000000000000';

/**
 * Records ended leases of licenses that nobody asks about, at start and at every interval, in every process: the lock of the license lets one
 * of them find the lease. A lease has ended from its time on, whether the timer has come by or not.
 */
@Injectable()
export class LeaseTimer implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly logger = new Logger(LeaseTimer.name);
  private readonly task = new PeriodicTask(LeaseTimer.name, 'Failed to record ended leases');

  constructor(
    @InjectDataSource() private readonly dataSource: DataSource,
    private readonly leaseEnds: LeaseEndRecorder,
    private readonly allocator: SeatAllocator,
    private readonly commands: CommandBus,
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
        this.logger.warn(`Failed to record ended leases of tenant ${id}: ${String(error)}`);
      });
    }
  }

  private async sweepTenant(tenantId: string): Promise<void> {
    let after: string | undefined = FIRST_ID;
    while (after !== undefined && this.isRunning) {
      const { licenseIds, last } = await this.leaseEnds.findEndedLeases(tenantId, this.clock.now(), after, CHUNK_SIZE);
      await this.endLeases(tenantId, licenseIds);
      after = last;
    }
    for (let found = CHUNK_SIZE; found > 0 && this.isRunning;) {
      const licenseIds = await this.leaseEnds.findEndedFiles(tenantId, this.clock.now(), CHUNK_SIZE);
      await this.endLeases(tenantId, licenseIds);
      found = licenseIds.length;
    }
  }

  private async endLeases(tenantId: string, licenseIds: readonly string[]): Promise<void> {
    for (const [index, licenseId] of licenseIds.entries()) {
      if (!this.isRunning) return;
      await this.allocator.endLeases(tenantId, licenseId);
      // The saga sends the events of each transaction; the empty command waits for them, so that they do not accumulate in memory.
      if (index % MAX_WAITING === MAX_WAITING - 1)
        await this.commands.execute(new RecordEventsCommand(tenantId, [])).catch(() => undefined);
    }
  }

  private get isRunning(): boolean {
    return !this.task.stopped && this.databaseClock.isSteady();
  }
}
