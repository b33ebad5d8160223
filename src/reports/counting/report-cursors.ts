import { Injectable } from '@nestjs/common';
import { SET_TENANT_OF_ROW } from '../../shared/persistence/set-tenant-of-row.js';
import type { Transaction } from '../../shared/persistence/transaction.js';
import { UnitOfWork } from '../../shared/persistence/unit-of-work.js';

/** A tenant, and its events that the reports do not count yet. */
export interface TenantBehind {
  readonly tenantId: string;
  readonly events: number;
}

/** Subqueries per tenant, because a join could read the rows of all tenants under the isolation of one. */
const FIND_BEHIND = {
  name: 'report-cursors.find-behind',
  text: `
    SELECT tenant_id AS "tenantId", events FROM (
      SELECT tenant_id,
        (coalesce((SELECT last_seq FROM license_event_counters WHERE tenant_id = tenant.tenant_id), 0)
          - coalesce((SELECT seq FROM report_cursors WHERE tenant_id = tenant.tenant_id), 0))::int AS events
      FROM (
        SELECT tenant_id FROM (SELECT id AS tenant_id FROM tenants WHERE id > $1 ORDER BY id LIMIT $2) AS each
        WHERE ${SET_TENANT_OF_ROW} OFFSET 0) AS tenant
      OFFSET 0) AS checked`,
};

/** Positions in the event log up to which events are counted, one per tenant. */
@Injectable()
export class ReportCursors {
  constructor(private readonly unitOfWork: UnitOfWork) {}

  /** Returns at most `limit` tenants after this one, in order of ids. */
  findBehind(afterTenantId: string, limit: number): Promise<TenantBehind[]> {
    return this.unitOfWork.queryStandalone({ ...FIND_BEHIND, values: [afterTenantId, limit] });
  }

  /** Locks the cursor and returns its position, 0 at first; undefined while another process moves it. */
  async lock(transaction: Transaction, now: Date): Promise<string | undefined> {
    const { tenantId } = transaction;
    transaction.write({
      name: 'report-cursors.create',
      text: 'INSERT INTO report_cursors (tenant_id, seq, updated_at) VALUES ($1, 0, $2) ON CONFLICT DO NOTHING',
      values: [tenantId, now],
    });
    const [row] = await transaction.query<{ seq: string }>({
      name: 'report-cursors.lock',
      text: 'SELECT seq FROM report_cursors WHERE tenant_id = $1 FOR NO KEY UPDATE SKIP LOCKED',
      values: [tenantId],
    });
    return row?.seq;
  }
}
