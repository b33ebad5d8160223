// Queries for the activity of PostgreSQL. Those that the bench itself repeats carry a mark inside the statement:
// PostgreSQL forgets comments before it.
import { setTimeout as pause } from 'node:timers/promises';

export const MARK = '/* bench */';
const DRAIN_TIMEOUT_MS = 60_000;
const QUIET_TIMES = 5;

export async function outboxRows(monitor) {
  const { rows } = await monitor.query(`SELECT ${MARK} count(*)::int AS count FROM outbox`);
  return rows[0].count;
}

/** Settles when no session has had anything to do for a while: requests that nobody waits for any more have ended too. */
export async function quiet(monitor) {
  for (let times = 0; times < QUIET_TIMES; await pause(10)) {
    const { rows } = await monitor.query(
      `SELECT ${MARK} count(*)::int AS busy FROM pg_stat_activity
       WHERE backend_type = 'client backend' AND state <> 'idle' AND pid <> pg_backend_pid()`,
    );
    times = rows[0].busy === 0 ? times + 1 : 0;
  }
}

/** How long it took until every event was in the log. */
export async function outboxDrained(monitor) {
  const begun = performance.now();
  while (await outboxRows(monitor)) {
    if (performance.now() - begun > DRAIN_TIMEOUT_MS) throw new Error('The outbox does not drain.');
    await pause(5);
  }
  return performance.now() - begun;
}

/** Settles when each tenant has a revocation list. */
export async function revocationListsSigned(monitor) {
  for (;;) {
    const { rows } = await monitor.query(
      `SELECT ${MARK} (SELECT count(*) FROM tenants) - (SELECT count(*) FROM revocation_lists) AS missing`,
    );
    if (Number(rows[0].missing) === 0) return;
    await pause(50);
  }
}

/** Throws the events away of a contender that moves none. */
export async function emptyOutbox(monitor) {
  await monitor.query('TRUNCATE outbox');
}
