import pg from 'pg';
import { isStatementNameFault } from './sql-errors.js';

const NAME = 'imprimatur.probe';
/**
 * Which of two clients asks, one after another. A pooler that knows nothing of names gives both the same connection, where the
 * name is taken, or takes turns, so that a client comes to a connection where it is not known or the other's.
 */
const TURNS = [0, 1, 0, 0, 1, 1] as const;

/**
 * Whether a named statement outlives its transaction. It does on a connection to PostgreSQL itself, but not through each pooler:
 * PgBouncer keeps them from 1.21 on, with `max_prepared_statements`. So it is tried, under one name for two statements.
 */
export async function keepsNamedStatements(url: string): Promise<boolean> {
  const clients = TURNS.slice(0, 2).map(
    () => new pg.Client({ connectionString: url, connectionTimeoutMillis: 10_000 }),
  );
  try {
    for (const client of clients) {
      client.on('error', () => undefined);
      await client.connect();
    }
    for (const turn of TURNS) {
      const answer = await clients[turn]?.query<{ turn: number }>({ name: NAME, text: `SELECT ${turn} AS turn` });
      if (answer?.rows[0]?.turn !== turn) return false;
    }
    return true;
  } catch (error) {
    if (isStatementNameFault(error)) return false;
    throw error;
  } finally {
    await Promise.all(clients.map((client) => client.end()));
  }
}
