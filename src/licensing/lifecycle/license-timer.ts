import { Injectable, Logger, type BeforeApplicationShutdown, type OnApplicationBootstrap } from '@nestjs/common';
import { CommandBus } from '@nestjs/cqrs';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource } from 'typeorm';
import { Config } from '../../config.js';
import { PeriodicTask } from '../../shared/async/periodic-task.js';
import { Clock } from '../../shared/time/clock.js';
import { DatabaseClock } from '../../shared/time/database-clock.js';
import { RecordEventsCommand } from '../../shared/messaging/record-events.command.js';
import { UnitOfWork } from '../../shared/persistence/unit-of-work.js';
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
  private readonly logger = new Logger(LicenseTimer.name);
  /** Licenses processed since the last wait for the event log. */
  private recordedSinceWait = 0;
  private readonly task = new PeriodicTask(LicenseTimer.name, 'Failed to process due licenses');

  constructor(
    @InjectDataSource() private readonly dataSource: DataSource,
    private readonly unitOfWork: UnitOfWork,
    private readonly licenses: LicenseRepository,
    private readonly pools: PoolAllowance,
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

  /**
   * Applies all due milestones, tenant by tenant; does nothing while the clock is unsteady. A failure for one tenant does not stop the
   * others.
   */
  async sweep(): Promise<void> {
    if (!this.databaseClock.isSteady()) return;
    const tenants = await this.dataSource.query<{ id: string }[]>('SELECT id FROM tenants ORDER BY id');
    for (const { id } of tenants) {
      await this.sweepTenant(id).catch((error: unknown) => {
        this.logger.warn(`Failed to process due licenses of tenant ${id}: ${String(error)}`);
      });
    }
  }

  private async sweepTenant(tenantId: string): Promise<void> {
    let due: number;
    do {
      due = await this.sweepChunk(tenantId);
      this.recordedSinceWait += due;
      if (this.recordedSinceWait >= CHUNK_SIZE) await this.waitForEventLog(tenantId);
    } while (!this.task.stopped && due === CHUNK_SIZE);
  }

  /**
   * Waits until recorded events reach the event log; otherwise they would accumulate in memory. The saga has already sent the events and
   * reports its own failures, so the command is empty and its error ignored.
   */
  private async waitForEventLog(tenantId: string): Promise<void> {
    this.recordedSinceWait = 0;
    await this.commands.execute(new RecordEventsCommand(tenantId, [])).catch(() => undefined);
  }

  private sweepChunk(tenantId: string): Promise<number> {
    return this.unitOfWork.run(tenantId, async (transaction) => {
      // The clock may have become unsteady since the sweep began. A later sweep processes the rest.
      if (!this.databaseClock.isSteady()) return 0;
      const now = this.clock.now();
      const due = await this.licenses.lockDue(transaction, now, CHUNK_SIZE);
      for (const license of due) {
        for (const event of applyDueMilestones(license, now)) transaction.record(event);
      }
      if (due.length > 0) this.licenses.updateTimes(transaction, due);
      const pooled = due.filter(({ poolId }) => poolId !== null);
      if (pooled.length > 0) await this.pools.settle(transaction, pooled, now);
      return due.length;
    });
  }
}
