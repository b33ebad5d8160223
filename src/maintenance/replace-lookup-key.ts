import type pg from 'pg';
import { FORGOTTEN_KEY, licenseSealContext, storedKeyDigest } from '../licensing/index.js';
import type { ForeignKeyNormalisation } from '../shared/foreign-keys.js';
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
    await owner.query(KEEP_FORMER);
    for (const tenantId of await tenantIds(owner)) {
      await digestTenant(owner, tenantId, from, to, progress);
      await digestRecipients(owner, tenantId, from, to);
      await digestRuns(owner, tenantId, from, to);
    }
    await owner.query('DROP TABLE former_license_keys');
    await owner.query('COMMIT');
  } catch (error) {
    await owner.query('ROLLBACK').catch(() => undefined);
    throw error;
  }
}

/** The former rows have what no license has: whether a key was imported, and the end of one that was replaced. */
const KEEP_FORMER = `
  CREATE TABLE former_license_keys AS
    SELECT tenant_id, license_id, digest, normalisation, valid_until FROM license_keys
    WHERE valid_until IS NULL OR valid_until > '${FORGOTTEN_KEY}';
  CREATE INDEX ON former_license_keys (tenant_id, license_id);
  ANALYZE former_license_keys;
  TRUNCATE license_keys`;

/** License with its sealed license keys and their former rows. */
interface KeysOfLicense {
  readonly id: string;
  readonly sealed: readonly string[];
  readonly former: readonly {
    readonly digest: string;
    readonly normalisation: ForeignKeyNormalisation | null;
    readonly valid_until: string | null;
  }[];
}

async function digestTenant(owner: pg.ClientBase, tenantId: string, from: Secrets, to: Secrets, progress: Progress) {
  assertTenantId(tenantId);
  await owner.query(`SET LOCAL app.tenant_id = '${tenantId}'`);
  for (let last: string | null = null; ;) {
    const { rows }: pg.QueryResult<KeysOfLicense> = await owner.query(
      `SELECT license_id AS id,
              ARRAY(SELECT encode(license_key_sealed, 'hex') UNION ALL
                    SELECT encode(rotated.license_key_sealed, 'hex') FROM rotated_license_keys rotated
                    WHERE rotated.tenant_id = $1 AND rotated.license_id = item.license_id) AS sealed,
              coalesce((SELECT json_agg(json_build_object('digest', encode(digest, 'hex'), 'normalisation', normalisation,
                                                          'valid_until', valid_until))
                        FROM former_license_keys former
                        WHERE former.tenant_id = $1 AND former.license_id = item.license_id), '[]') AS former
       FROM licenses item
       WHERE tenant_id = $1 AND ($2::uuid IS NULL OR license_id > $2) ORDER BY license_id LIMIT ${CHUNK_SIZE}`,
      [tenantId, last],
    );
    await owner.query(
      `INSERT INTO license_keys (digest, tenant_id, license_id, normalisation, valid_until)
       SELECT decode(digest, 'hex'), $1, id, normalisation, valid_until
       FROM jsonb_to_recordset($2::jsonb) AS item (id uuid, digest text, normalisation text, valid_until timestamptz)`,
      [tenantId, JSON.stringify(rows.flatMap((license) => digestAgain(tenantId, license, from, to)))],
    );
    progress(rows.length);
    last = rows.at(-1)?.id ?? null;
    if (rows.length < CHUNK_SIZE) return;
  }
}

/** Returns the rows of a license with digests of the new lookup key. Throws MaintenanceError if a row has no license key. */
function digestAgain(tenantId: string, { id, sealed, former }: KeysOfLicense, from: Secrets, to: Secrets) {
  const licenseKeys = sealed.map((hex) => from.unseal(Buffer.from(hex, 'hex'), licenseSealContext(tenantId, id)));
  return former.map(({ digest, normalisation, valid_until }) => {
    const digestBy = (secrets: Secrets, licenseKey: string) =>
      storedKeyDigest(secrets, licenseKey, tenantId, normalisation).toString('hex');
    const licenseKey = licenseKeys.find((each) => digestBy(from, each) === digest);
    if (licenseKey === undefined)
      throw new MaintenanceError(`A digest of the license ${id} belongs to none of its license keys.`);
    return { id, digest: digestBy(to, licenseKey), normalisation, valid_until };
  });
}
