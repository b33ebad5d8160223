import pg from 'pg';
import { isStatementNameFault } from './sql-errors.js';

const NAME = 'imprimatur.probe';
/**
 * Index of the querying client. A pooler without named statements gives both clients one connection (the name is taken) or alternates (the
 * name is unknown, or belongs to the other statement).
 */
const CLIENT_INDEXES = [0, 1, 0, 0, 1, 1] as const;

/**
 * Tests with one name for two statements whether named statements outlive their transaction. They do in PostgreSQL, but not behind every
 * pooler: PgBouncer needs 1.21 and `max_prepared_statements`.
 */
export async function keepsNamedStatements(url: string): Promise<boolean> {
  const clients = CLIENT_INDEXES.slice(0, 2).map(
    () => new pg.Client({ connectionString: url, connectionTimeoutMillis: 10_000 }),
  );
  try {
    for (const client of clients) {
      client.on('error', () => undefined);
      await client.connect();
    }
    for (const turn of CLIENT_INDEXES) {
      const result = await clients[turn]?.query<{ turn: number }>({ name: NAME, text: `SELECT ${turn} AS turn` });
      if (result?.rows[0]?.turn !== turn) return false;
    }
    return true;
  } catch (error) {
    if (isStatementNameFault(error)) return false;
    throw error;
  } finally {
    await Promise.all(clients.map((client) => client.end()));
  }
}
