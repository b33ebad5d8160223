import type pg from 'pg';
import { licenseSealContext } from '../licensing/index.js';
import type { Secrets } from '../shared/secrets/secrets.js';
import { MaintenanceError, type Progress } from './maintenance.error.js';
import { assertTenantId } from '../shared/tenant-id.js';
import { tenantIds } from './tenant-transaction.js';
import { digestRecipients } from './email-digests.js';
import { digestRuns } from './workflow-values.js';

const CHUNK_SIZE = 1_000;

/** Throws MaintenanceError while a session of the application role exists, such as that of a server. */
export async function assertNoServerRuns(owner: pg.ClientBase, applicationRole: string): Promise<void> {
  const { rowCount } = await owner.query(
    `SELECT 1 FROM pg_stat_activity a JOIN pg_roles r ON r.oid = a.usesysid
     WHERE a.datname = current_database() AND r.rolname = $1`,
    [applicationRole],
  );
  if (rowCount)
    throw new MaintenanceError(
      'Stop every server first, and any pooler that keeps their connections: servers look licenses up by the key that is replaced.',
    );
}

/**
 * Replaces every digest in one transaction, as the owner role. `from` unseals the license keys, `to` has the new lookup key. No server may
 * run meanwhile.
 */
export async function replaceLookupKey(owner: pg.ClientBase, from: Secrets, to: Secrets, progress: Progress) {
  await owner.query('BEGIN');
  try {
    await owner.query('LOCK TABLE license_keys IN ACCESS EXCLUSIVE MODE');
    await owner.query('TRUNCATE license_keys');
    for (const tenantId of await tenantIds(owner)) {
      await digestTenant(owner, tenantId, from, to, progress);
      await digestRecipients(owner, tenantId, from, to);
      await digestRuns(owner, tenantId, from, to);
    }
    await owner.query('COMMIT');
  } catch (error) {
    await owner.query('ROLLBACK').catch(() => undefined);
    throw error;
  }
}

async function digestTenant(owner: pg.ClientBase, tenantId: string, from: Secrets, to: Secrets, progress: Progress) {
  assertTenantId(tenantId);
  await owner.query(`SET LOCAL app.tenant_id = '${tenantId}'`);
  for (let last: string | null = null; ;) {
    const { rows }: pg.QueryResult<{ id: string; sealed: Buffer }> = await owner.query(
      `SELECT license_id AS id, license_key_sealed AS sealed FROM licenses
       WHERE tenant_id = $1 AND ($2::uuid IS NULL OR license_id > $2) ORDER BY license_id LIMIT ${CHUNK_SIZE}`,
      [tenantId, last],
    );
    const digests = rows.map(({ id, sealed }) => ({
      id,
      digest: to.digest(from.unseal(sealed, licenseSealContext(tenantId, id))).toString('hex'),
    }));
    await owner.query(
      `INSERT INTO license_keys (digest, tenant_id, license_id)
       SELECT decode(digest, 'hex'), $1, id FROM jsonb_to_recordset($2::jsonb) AS item (id uuid, digest text)`,
      [tenantId, JSON.stringify(digests)],
    );
    progress(rows.length);
    last = rows.at(-1)?.id ?? null;
    if (rows.length < CHUNK_SIZE) return;
  }
}
