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
import { LicenseRepository } from '../license.repository.js';
import { applyDueMilestones } from './apply-due-milestones.js';

/** Licenses looked at in one transaction: so many are in memory, and locked, at most. */
const CHUNK_SIZE = 500;

/**
 * Records what time does to licenses, at start and every minute. Every process may do it at once: a license that one of them
 * has locked is skipped by the others, and from then on it is no longer due. What a license was looked at for stands in its
 * row, written with the events; so nothing is told twice, or not at all, whatever is killed when.
 */
@Injectable()
export class LicenseTimer implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly logger = new Logger(LicenseTimer.name);
  /** Licenses looked at since the log was last waited for. */
  private recordedSinceWait = 0;
  private readonly chore = new PeriodicTask(LicenseTimer.name, 'Due licenses could not be looked for');

  constructor(
    @InjectDataSource() private readonly dataSource: DataSource,
    private readonly unitOfWork: UnitOfWork,
    private readonly licenses: LicenseRepository,
    private readonly commands: CommandBus,
    private readonly clock: Clock,
    private readonly databaseClock: DatabaseClock,
    private readonly config: Config,
  ) {}

  onApplicationBootstrap(): void {
    this.chore.every(this.config.settings.LICENSE_TIMER_INTERVAL_MS, () => this.sweep());
    this.chore.runSoon(() => this.sweep());
  }

  beforeApplicationShutdown(): Promise<void> {
    return this.chore.stop();
  }

  /** All that is due now, tenant by tenant; nothing while a clock is in doubt. What fails for one does not keep it from the others. */
  async sweep(): Promise<void> {
    if (!this.databaseClock.isSteady()) return;
    const tenants = await this.dataSource.query<{ id: string }[]>('SELECT id FROM tenants ORDER BY id');
    for (const { id } of tenants) {
      await this.sweepTenant(id).catch((error: unknown) => {
        this.logger.warn(`What is due of the licenses of ${id} could not be recorded: ${String(error)}`);
      });
    }
  }

  private async sweepTenant(tenantId: string): Promise<void> {
    let due: number;
    do {
      due = await this.sweepChunk(tenantId);
      this.recordedSinceWait += due;
      if (this.recordedSinceWait >= CHUNK_SIZE) await this.waitForEventLog(tenantId);
    } while (!this.chore.stopped && due === CHUNK_SIZE);
  }

  /**
   * Waits for the move of what was told, because what waits for the log is held in memory, and a log that stands still must not
   * fill it. Nothing is to be recorded but what the saga has sent before. Where that fails the saga has said so.
   */
  private async waitForEventLog(tenantId: string): Promise<void> {
    this.recordedSinceWait = 0;
    await this.commands.execute(new RecordEventsCommand(tenantId, [])).catch(() => undefined);
  }

  private sweepChunk(tenantId: string): Promise<number> {
    return this.unitOfWork.run(tenantId, async (transaction) => {
      // The clock may have been set since the sweep began. What is not steady is looked at by a later sweep.
      if (!this.databaseClock.isSteady()) return 0;
      const now = this.clock.now();
      const due = await this.licenses.lockDue(transaction, now, CHUNK_SIZE);
      for (const license of due) {
        for (const event of applyDueMilestones(license, now)) transaction.record(event);
      }
      if (due.length > 0) this.licenses.updateTimes(transaction, due);
      return Math.min(due.length, CHUNK_SIZE);
    });
  }
}
