import type pg from 'pg';
import type { Secrets } from '../shared/secrets/secrets.js';
import type { Progress } from './maintenance.error.js';
import { SEALED_COLUMNS, type SealedColumn } from './sealed-columns.js';
import { inTenant, tenantIds } from './tenant-transaction.js';
import { countOutdatedValues, rekeyValues } from './workflow-values.js';

const CHUNK_SIZE = 500;

/** Returns the number of values that are not sealed with the first master key. */
export async function countOutdated(owner: pg.ClientBase, secrets: Secrets): Promise<number> {
  let outdated = await countOutdatedValues(owner, secrets);
  for (const tenantId of await tenantIds(owner)) {
    for (const { table, column } of SEALED_COLUMNS) {
      const { rows } = await inTenant(owner, tenantId, () =>
        owner.query<{ count: string }>(
          `SELECT count(*) FROM ${table} WHERE tenant_id = $1 AND substring(${column} FROM 2 FOR 4) <> $2`,
          [tenantId, secrets.currentKeyId],
        ),
      );
      outdated += Number(rows[0]?.count ?? 0);
    }
  }
  return outdated;
}

/**
 * Seals all values with the first master key, as the owner role, one chunk per transaction, while servers with all the keys run. Values
 * that are already sealed with it are skipped, so a stopped run can be repeated.
 */
export async function rekey(owner: pg.ClientBase, secrets: Secrets, progress: Progress): Promise<void> {
  await rekeyValues(owner, secrets, progress);
  for (const tenantId of await tenantIds(owner)) {
    for (const sealed of SEALED_COLUMNS) {
      let last: string | undefined;
      do {
        last = await inTenant(owner, tenantId, () => rekeyChunk(owner, secrets, tenantId, sealed, last, progress));
      } while (last !== undefined);
    }
  }
}

/** Returns the position of the next chunk, or undefined at the end. */
async function rekeyChunk(
  owner: pg.ClientBase,
  secrets: Secrets,
  tenantId: string,
  { table, column, id, idType, context }: SealedColumn,
  after: string | undefined,
  progress: Progress,
): Promise<string | undefined> {
  const { rows } = await owner.query<{ id: string; sealed: Buffer }>(
    `SELECT ${id} AS id, ${column} AS sealed FROM ${table}
     WHERE tenant_id = $1 AND substring(${column} FROM 2 FOR 4) <> $2 AND ($3::${idType} IS NULL OR ${id} > $3::${idType})
     ORDER BY ${id} LIMIT ${CHUNK_SIZE} FOR NO KEY UPDATE`,
    [tenantId, secrets.currentKeyId, after ?? null],
  );
  const anew = rows.map((row) => ({
    id: row.id,
    sealed: secrets
      .seal(secrets.unseal(row.sealed, context(tenantId, row.id)), context(tenantId, row.id))
      .toString('hex'),
  }));
  await owner.query(
    `UPDATE ${table} SET ${column} = decode(item.sealed, 'hex')
     FROM jsonb_to_recordset($2::jsonb) AS item (id ${idType}, sealed text)
     WHERE tenant_id = $1 AND ${id} = item.id`,
    [tenantId, JSON.stringify(anew)],
  );
  progress(rows.length);
  return rows.length < CHUNK_SIZE ? undefined : rows.at(-1)?.id;
}
