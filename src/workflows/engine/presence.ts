import pg from 'pg';
import { MESSAGES, SCHEMA } from './names.js';
import type { RunWait } from './run-waits.js';

/** Advisory locks "wfex" with the hash of an executor's id. PostgreSQL lets go of one when the session of its executor ends. */
const LOCK_CLASS = 0x77666578;

/** Channel on which the engine's schema notifies of each message: the engine's id of the run, "::" and the topic. */
const CHANNEL = 'dbos_notifications_channel';
const SUFFIX = `::${MESSAGES}`;

/** PostgreSQL ends the session of an executor whose host or network is gone within seconds, and not after the hours of the system's default. */
const KEEPALIVES =
  'SET tcp_keepalives_idle = 1; SET tcp_keepalives_interval = 1; SET tcp_keepalives_count = 3; SET tcp_user_timeout = 4000';

/** Sign of life of one executor, on a connection of its own, which also hears of messages to runs. */
export class Presence {
  private constructor(
    private readonly client: pg.Client,
    readonly executorId: string,
  ) {}

  /**
   * Takes the lock, before the executor takes any run. `onLost` is called when the connection breaks: others may then take its runs;
   * `onMessage` with the engine's id of each run of any executor that gets a message.
   */
  static async take(
    databaseUrl: string,
    executorId: string,
    onLost: () => void,
    onMessage: (workflowId: string) => void,
  ): Promise<Presence> {
    const client = new pg.Client({
      connectionString: databaseUrl,
      application_name: 'imprimatur workflows',
      keepAlive: true,
      connectionTimeoutMillis: 10_000,
    });
    client.on('error', onLost);
    client.on('end', onLost);
    client.on('notification', ({ payload = '' }) => {
      if (payload.endsWith(SUFFIX)) onMessage(payload.slice(0, -SUFFIX.length));
    });
    await client.connect();
    await client.query(KEEPALIVES);
    await client.query(`LISTEN ${CHANNEL}`);
    await client.query('SELECT pg_advisory_lock($1, hashtext($2))', [LOCK_CLASS, executorId]);
    return new Presence(client, executorId);
  }

  /** Calls `adopt` for each other executor that has runs in progress and is gone, under its lock, so that one executor adopts them. */
  async eachGoneExecutor(adopt: (executorId: string) => Promise<void>): Promise<void> {
    const { rows } = await this.client.query<{ id: string }>(
      `SELECT DISTINCT executor_id AS id FROM ${SCHEMA}.workflow_status WHERE status = 'PENDING' AND executor_id <> $1`,
      [this.executorId],
    );
    for (const { id } of rows) {
      const lock = [LOCK_CLASS, id];
      const { rows: taken } = await this.client.query<{ gone: boolean }>(
        'SELECT pg_try_advisory_lock($1, hashtext($2)) AS gone',
        lock,
      );
      if (!taken[0]?.gone) continue;
      try {
        await adopt(id);
      } finally {
        await this.client.query('SELECT pg_advisory_unlock($1, hashtext($2))', lock);
      }
    }
  }

  /** Returns the ids of those runs that have something to receive: a message, or one that is recorded already; and of those that are open no more. */
  async findReady(waits: readonly RunWait[]): Promise<string[]> {
    const { rows } = await this.client.query<{ id: string }>(
      `SELECT id FROM unnest($1::text[], $2::int[]) AS waits (id, received)
       WHERE NOT EXISTS (SELECT FROM ${SCHEMA}.workflow_status WHERE workflow_uuid = id AND status = 'PENDING')
         OR EXISTS (SELECT FROM ${SCHEMA}.notifications WHERE destination_uuid = id AND topic = $3 AND NOT consumed)
         OR received < (SELECT count(*) FROM ${SCHEMA}.operation_outputs
                        WHERE workflow_uuid = id AND function_name = 'DBOS.recv')`,
      [waits.map(({ workflowId }) => workflowId), waits.map(({ received }) => received), MESSAGES],
    );
    return rows.map(({ id }) => id);
  }

  async end(): Promise<void> {
    this.client.removeAllListeners('end');
    await this.client.end();
  }
}
