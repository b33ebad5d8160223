import type pg from 'pg';
import { countEventsStatement, type CountedEvents } from '../reports/index.js';
import { inTenant, tenantIds } from './tenant-transaction.js';

/** Events that a statement reads. It counts those of one day with changes of seats, so few are read where days have few. */
const MAX_CHUNK_SIZE = 10_000;
const MIN_CHUNK_SIZE = 500;

/** Tables that follow from the event log. Counts of validations are in no event, and stay. */
const FOLLOWING = [
  'report_licenses',
  'report_license_counts',
  'report_expirations',
  'report_activity',
  'report_denials',
  'report_seat_peaks',
];

/** Returns the number of events in the log of all tenants. */
export async function countLoggedEvents(owner: pg.ClientBase): Promise<number> {
  let events = 0;
  for (const tenantId of await tenantIds(owner)) {
    await inTenant(owner, tenantId, async () => {
      const { rows } = await owner.query<{ last: string }>(
        'SELECT last_seq AS last FROM license_event_counters WHERE tenant_id = $1',
        [tenantId],
      );
      events += Number(rows[0]?.last ?? 0);
    });
  }
  return events;
}

/**
 * Counts every event of the log again. Each tenant is one transaction, so that its reports show the earlier numbers until the new ones are
 * complete; servers may run, and count what was recorded meanwhile afterwards.
 */
export async function rebuildReports(owner: pg.ClientBase, progress: (events: number) => void): Promise<void> {
  for (const tenantId of await tenantIds(owner))
    await inTenant(owner, tenantId, () => rebuild(owner, tenantId, progress));
}

async function rebuild(owner: pg.ClientBase, tenantId: string, progress: (events: number) => void): Promise<void> {
  // The lock of the cursor keeps servers from counting until the commit.
  await owner.query(
    `INSERT INTO report_cursors (tenant_id, seq, updated_at) VALUES ($1, 0, clock_timestamp())
     ON CONFLICT (tenant_id) DO UPDATE SET seq = 0, day = NULL`,
    [tenantId],
  );
  for (const table of FOLLOWING) await owner.query(`DELETE FROM ${table} WHERE tenant_id = $1`, [tenantId]);
  let [seq, size] = ['0', MAX_CHUNK_SIZE];
  for (;;) {
    const { rows } = await owner.query<CountedEvents>(countEventsStatement(tenantId, seq, size, new Date()));
    const [counted] = rows;
    if (!counted) return;
    seq = counted.seq;
    progress(counted.events);
    if (!counted.hasMore) return;
    size = Math.min(Math.max(2 * counted.events, MIN_CHUNK_SIZE), MAX_CHUNK_SIZE);
  }
}
