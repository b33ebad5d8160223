import pg from 'pg';
import { processNamedTo } from './library-internals.js';

const SETTING = 'imprimatur.session_probe';

/** Behind a pooler a round may find the session kept by chance, if other clients have all other connections at that moment. */
const ROUNDS = 20;

/**
 * Tests whether a client keeps one session of PostgreSQL, as advisory locks and LISTEN need. Behind a pooler of transactions it does not:
 * while another client holds the connection that a setting was made on, the setting is gone.
 */
export async function keepsSessions(url: string): Promise<boolean> {
  const clients = [0, 1].map(() => new pg.Client({ connectionString: url, connectionTimeoutMillis: 10_000 }));
  const [first, second] = clients;
  if (!first || !second) throw new Error('There are two clients.');
  try {
    for (const client of clients) {
      client.on('error', () => undefined);
      await client.connect();
    }
    // PostgreSQL itself names the process that then answers.
    const rounds = (await backendOf(first)) === processNamedTo(first) ? 1 : ROUNDS;
    for (let round = 0; round < rounds; round++) if (!(await keepsSetting(first, second))) return false;
    return true;
  } finally {
    await Promise.all(clients.map((client) => client.end()));
  }
}

async function keepsSetting(first: pg.Client, second: pg.Client): Promise<boolean> {
  const pid = await backendOf(first);
  await first.query(`SELECT set_config('${SETTING}', 'kept', false)`);
  await second.query('BEGIN');
  const isShared = (await backendOf(second)) === pid;
  const { rows } = await first.query<{ value: string | null }>(`SELECT current_setting('${SETTING}', true) AS value`);
  const isKept = !isShared && rows[0]?.value === 'kept' && (await backendOf(first)) === pid;
  await second.query('ROLLBACK');
  // A pooler may keep the setting for whoever gets the connection next.
  await first.query(`SELECT set_config('${SETTING}', '', false)`);
  return isKept;
}

async function backendOf(client: pg.Client): Promise<number | undefined> {
  const { rows } = await client.query<{ pid: number }>('SELECT pg_backend_pid() AS pid');
  return rows[0]?.pid;
}
