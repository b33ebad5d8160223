import type { Pool, PoolClient, QueryResultRow } from 'pg';
import { isConnectionLoss } from '../../database/sql-errors.js';
import type { Statement } from './tenant-connection.js';

/**
 * Connection for standalone statements that run one after another; each is sent without waiting for the results of those before.
 * The first statement takes the connection from the pool; the pool gets it back when all have ended.
 */
export class PipelinedConnection {
  private connection: Promise<PoolClient> | undefined;
  private waiting = 0;
  private broken: Error | undefined;

  constructor(private readonly pool: Pool) {}

  /** Runs a statement. Throws `onLoss(error)` if the connection breaks after the statement was sent. */
  async query<Row extends QueryResultRow>(statement: Statement, onLoss: (error: unknown) => unknown): Promise<Row[]> {
    const connection = (this.connection ??= this.pool.connect());
    this.waiting++;
    try {
      const client = await connection;
      return (await client.query<Row>(statement).catch((error: unknown) => this.fail(error, onLoss))).rows;
    } finally {
      if (--this.waiting === 0) this.returnToPool(connection);
    }
  }

  private fail(error: unknown, onLoss: (error: unknown) => unknown): never {
    if (!isConnectionLoss(error)) throw error;
    this.broken = error as Error;
    throw onLoss(error);
  }

  private returnToPool(connection: Promise<PoolClient>): void {
    const { broken } = this;
    this.connection = this.broken = undefined;
    // A failed `connect` leaves nothing to release.
    connection.then((client) => client.release(broken)).catch(() => undefined);
  }
}
