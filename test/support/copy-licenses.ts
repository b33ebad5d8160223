import type { TestDatabase } from './database.js';

/**
 * Adds copies of a license by SQL, created a second apart: more than could be issued in a test. `changes` are columns and
 * what they are instead, as SQL over the original and `n`, the number of the copy.
 */
export async function copyLicenses(
  database: TestDatabase,
  licenseId: string,
  count: number,
  changes: Record<string, string> = {},
): Promise<void> {
  const values: Record<string, string> = {
    license_id: 'gen_random_uuid()',
    created_at: `created_at + n * interval '1 second'`,
    ...changes,
  };
  const columns = await database.query<{ name: string }>(
    `SELECT attname AS name FROM pg_attribute
     WHERE attrelid = 'licenses'::regclass AND attnum > 0 AND NOT attisdropped AND attgenerated = ''`,
  );
  const names = columns.map(({ name }) => name);
  await database.query(
    `INSERT INTO licenses (${names.join(', ')})
     SELECT ${names.map((name) => values[name] ?? name).join(', ')}
     FROM licenses, generate_series(1, ${count}) n WHERE license_id = $1`,
    [licenseId],
  );
  await database.query('ANALYZE licenses');
}
