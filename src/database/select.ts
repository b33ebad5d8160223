import type pg from 'pg';

/** Runs one statement and returns its rows. */
export type Select = <Row>(sql: string) => Promise<Row[]>;

export function selectWith(client: pg.ClientBase): Select {
  return async <Row>(sql: string) => (await client.query(sql)).rows as Row[];
}
