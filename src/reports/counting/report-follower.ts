import { Injectable, type BeforeApplicationShutdown, type OnApplicationBootstrap } from '@nestjs/common';
import { Config } from '../../config.js';
import { PeriodicTask } from '../../shared/async/periodic-task.js';
import { Metrics } from '../../shared/metrics.js';
import { UnitOfWork } from '../../shared/persistence/unit-of-work.js';
import { Clock } from '../../shared/time/clock.js';
import { countEventsStatement, type CountedEvents } from './count-events-statement.js';
import { ReportCursors } from './report-cursors.js';

/** Tenants per statement. */
const TENANT_CHUNK_SIZE = 500;
/** Events per transaction. */
const EVENT_CHUNK_SIZE = 2_000;

/** Counts events for the reports. The counts and the cursor are stored in one transaction, so that a crash neither loses nor repeats one. */
@Injectable()
export class ReportFollower implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly task = new PeriodicTask(ReportFollower.name, 'Failed to count events for the reports');

  constructor(
    private readonly unitOfWork: UnitOfWork,
    private readonly cursors: ReportCursors,
    private readonly metrics: Metrics,
    private readonly clock: Clock,
    private readonly config: Config,
  ) {}

  onApplicationBootstrap(): void {
    this.task.every(this.config.settings.REPORT_INTERVAL_MS, () => this.sweep());
  }

  beforeApplicationShutdown(): Promise<void> {
    return this.task.stop();
  }

  /** Counts the events of every tenant. A failure of one tenant does not stop the others. */
  async sweep(): Promise<void> {
    let last: string | undefined = '';
    let uncounted = 0;
    while (last !== undefined && !this.task.stopped) {
      const tenants = await this.cursors.findBehind(last, TENANT_CHUNK_SIZE);
      for (const { tenantId, events } of tenants) {
        uncounted += events;
        if (events > 0) await this.task.attempt(() => this.follow(tenantId));
      }
      last = tenants.length === TENANT_CHUNK_SIZE ? tenants.at(-1)?.tenantId : undefined;
    }
    this.metrics.uncountedEvents.set(uncounted);
  }

  private async follow(tenantId: string): Promise<void> {
    while (!this.task.stopped && (await this.followChunk(tenantId)));
  }

  /** Returns whether there may be more events. */
  private async followChunk(tenantId: string): Promise<boolean> {
    const counted = await this.unitOfWork.run(tenantId, async (transaction) => {
      const now = this.clock.now();
      const after = await this.cursors.lock(transaction, now);
      if (after === undefined) return undefined;
      const [row] = await transaction.queryLast<CountedEvents>(
        countEventsStatement(tenantId, after, EVENT_CHUNK_SIZE, now),
      );
      return row;
    });
    if (counted?.oldestAt) {
      const lagMs = this.clock.now().getTime() - counted.oldestAt.getTime();
      this.metrics.reportLagSeconds.observe(Math.max(0, lagMs) / 1000);
    }
    return counted?.hasMore ?? false;
  }
}
