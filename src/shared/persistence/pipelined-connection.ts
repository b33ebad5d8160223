import type { Pool, PoolClient, QueryResultRow } from 'pg';
import { isConnectionLoss } from '../../database/sql-errors.js';
import type { Statement } from './tenant-connection.js';

/**
 * A connection for statements that follow one another, each a transaction of its own: they are sent without waiting for those
 * before, and done after them. It is taken from the pool with the first and given back when all are answered.
 */
export class PipelinedConnection {
  private connection: Promise<PoolClient> | undefined;
  private waiting = 0;
  private broken: Error | undefined;

  constructor(private readonly pool: Pool) {}

  /** Throws what `onLoss` makes of the error where the connection breaks after it was sent. */
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
    // Where none was to be had there is none to give back.
    connection.then((client) => client.release(broken)).catch(() => undefined);
  }
}
