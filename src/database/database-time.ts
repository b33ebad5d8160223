import type pg from 'pg';

/** SQL expression of the database's time in milliseconds since 1970: the time of evaluation, not of the transaction's begin. */
export const DATABASE_TIME = '(extract(epoch FROM clock_timestamp()) * 1000)::float8';

/** Returns the database's time for commands, because servers beside them compare it with theirs. */
export async function databaseTime(client: Pick<pg.ClientBase, 'query'>): Promise<Date> {
  const { rows } = await client.query<{ time: number }>(`SELECT ${DATABASE_TIME} AS time`);
  const [row] = rows;
  if (!row) throw new Error('A statement without a table has one row.');
  return new Date(row.time);
}
