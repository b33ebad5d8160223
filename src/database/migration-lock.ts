import { setTimeout as pause } from 'node:timers/promises';
import pg from 'pg';
import { MigrationError } from './migration.error.js';

/** Advisory lock "migr": of several migrating processes one works and the others wait. */
const MIGRATION_LOCK = 0x6d696772;
/** Longer than most databases take to build an index. */
const WAIT_MS = 10 * 60 * 1000;

const POLL_MS = 100;

const HOLDER = `
  SELECT a.pid, a.application_name AS program, coalesce(host(a.client_addr), 'this machine') AS address, a.xact_start AS since
  FROM pg_locks l JOIN pg_stat_activity a USING (pid)
  WHERE l.locktype = 'advisory' AND l.classid = 0 AND l.objid = ${MIGRATION_LOCK} AND l.granted AND l.database = (
    SELECT oid FROM pg_database WHERE datname = current_database())`;

/**
 * Runs the work under the migration lock. The lock belongs to a transaction on its own connection, because a pooler would pass a session
 * lock on to the next client. Throws MigrationError.
 */
export async function withMigrationLock<T>(ownerUrl: string, work: () => Promise<T>, waitMs = WAIT_MS): Promise<T> {
  const client = new pg.Client({ connectionString: ownerUrl, application_name: 'imprimatur migrate', keepAlive: true });
  // The connection idles during the work. If it breaks, the work continues, because every step is a transaction.
  client.on('error', () => undefined);
  await client.connect();
  try {
    await lock(client, waitMs);
    const result = await work();
    await client.query('COMMIT').catch(() => undefined);
    return result;
  } finally {
    await client.end();
  }
}

async function lock(client: pg.Client, waitMs: number): Promise<void> {
  let holder: string | undefined;
  for (const deadline = Date.now() + waitMs; !(await tryLock(client)); await pause(POLL_MS)) {
    if (holder === undefined) {
      holder = await describeHolder(client);
      process.stderr.write(`Waiting up to ${Math.ceil(waitMs / 1000)} s for another migration: ${holder}.\n`);
    }
    if (Date.now() < deadline) continue;
    throw new MigrationError(
      `Another migration has not ended within ${Math.ceil(waitMs / 1000)} s: ${holder}. ` +
        'Wait for it, or end it with "SELECT pg_terminate_backend(PID)", and run this again.',
    );
  }
}

/**
 * Takes the lock and leaves the transaction open, or ends it. The holder builds indexes concurrently, for which PostgreSQL waits until each
 * transaction has ended that had a snapshot at that moment: one that stayed open until it gets the lock would wait for its holder for ever.
 */
async function tryLock(client: pg.Client): Promise<boolean> {
  await client.query('BEGIN; SET LOCAL idle_in_transaction_session_timeout = 0; SET LOCAL statement_timeout = 0');
  const { rows } = await client.query<{ taken: boolean }>(
    `SELECT pg_try_advisory_xact_lock(${MIGRATION_LOCK}) AS taken`,
  );
  const isTaken = rows[0]?.taken ?? false;
  if (!isTaken) await client.query('ROLLBACK');
  return isTaken;
}

async function describeHolder(client: pg.Client): Promise<string> {
  const { rows } = await client.query<{ pid: number; program: string; address: string; since: Date | null }>(HOLDER);
  const [holder] = rows;
  if (!holder) return 'it has just ended';
  const since = holder.since ? ` since ${holder.since.toISOString()}` : '';
  return `"${holder.program}" from ${holder.address}, process ${holder.pid} of PostgreSQL${since}`;
}
