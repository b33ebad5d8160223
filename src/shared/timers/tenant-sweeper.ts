import { Injectable } from '@nestjs/common';
import { CommandBus } from '@nestjs/cqrs';
import type { PeriodicTask } from '../async/periodic-task.js';
import { RecordEventsCommand } from '../messaging/record-events.command.js';
import { SET_TENANT_OF_ROW } from '../persistence/set-tenant-of-row.js';
import type { Transaction } from '../persistence/transaction.js';
import { UnitOfWork } from '../persistence/unit-of-work.js';
import { Clock } from '../time/clock.js';
import { DatabaseClock } from '../time/database-clock.js';

/** Changes whose events may wait for the event log at once. */
const MAX_WAITING = 500;

/** Does, tenant by tenant, what has become due with time. Tasks call it at every interval, in every process. */
@Injectable()
export class TenantSweeper {
  /** Changes since the last wait for the event log. */
  private changes = 0;

  constructor(
    private readonly unitOfWork: UnitOfWork,
    private readonly commands: CommandBus,
    private readonly clock: Clock,
    private readonly databaseClock: DatabaseClock,
  ) {}

  /** Returns the tenants in which one of the queries of a timer finds a row; see `TenantTimer.due`. */
  async findTenants(timer: string, due: readonly string[]): Promise<string[]> {
    // A subquery with a limit is run for each tenant. The first OFFSET keeps the tenants from being set before they are sorted.
    const isDue = due.map((query) => `(SELECT true FROM ${query} LIMIT 1) IS TRUE`).join(' OR ');
    const rows = await this.unitOfWork.queryStandalone<{ tenantId: string }>({
      name: `${timer}.tenants-with-due`,
      text: `SELECT tenant_id AS "tenantId" FROM (
               SELECT tenant_id FROM (SELECT id AS tenant_id FROM tenants ORDER BY id OFFSET 0) AS each
               WHERE ${SET_TENANT_OF_ROW} OFFSET 0) AS tenant
             WHERE ${isDue}`,
      values: [this.clock.now()],
    });
    return rows.map(({ tenantId }) => tenantId);
  }

  /**
   * Calls `process` in one unit of work after another, until it found fewer than `size`, the task is stopped, or the clock is unsteady: a
   * later sweep processes the rest.
   */
  async inChunks(
    task: PeriodicTask,
    { tenantId, size }: { readonly tenantId: string; readonly size: number },
    process: (transaction: Transaction, now: Date) => Promise<number>,
  ): Promise<void> {
    let found = size;
    while (found === size && !task.stopped) {
      found = await this.unitOfWork.run(tenantId, async (transaction) =>
        this.databaseClock.isSteady() ? process(transaction, this.clock.now()) : 0,
      );
      await this.changed(tenantId, found);
    }
  }

  /**
   * Counts changes that recorded events; callers report them after their unit of work. After every 500 it waits until the events are in the
   * event log, because they would accumulate in memory. The saga has already sent them and reports its own failures, so the command is empty and its error ignored.
   */
  async changed(tenantId: string, count: number): Promise<void> {
    this.changes += count;
    if (this.changes < MAX_WAITING) return;
    this.changes = 0;
    await this.commands.execute(new RecordEventsCommand(tenantId, [])).catch(() => undefined);
  }
}
