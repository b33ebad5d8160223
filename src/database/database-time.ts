import type pg from 'pg';

/** The database's time as an expression, in milliseconds since 1970: when it is evaluated, not when its transaction began. */
export const DATABASE_TIME = '(extract(epoch FROM clock_timestamp()) * 1000)::float8';

/** For commands, which run beside servers that compare with what they write. */
export async function databaseTime(client: Pick<pg.ClientBase, 'query'>): Promise<Date> {
  const { rows } = await client.query<{ time: number }>(`SELECT ${DATABASE_TIME} AS time`);
  const [row] = rows;
  if (!row) throw new Error('A statement without a table has one row.');
  return new Date(row.time);
}
