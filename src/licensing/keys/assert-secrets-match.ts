import type pg from 'pg';
import { ConfigError } from '../../config.js';
import type { ForeignKeyNormalisation } from '../../shared/foreign-keys.js';
import type { Secrets } from '../../shared/secrets/secrets.js';
import { assertTenantId } from '../../shared/tenant-id.js';
import { storedKeyDigest } from './license-key.js';

/** Tells whether a license was ever issued. From then on the secrets are fixed: new ones could not unseal its license key. */
export async function hasIssuedLicenses(client: pg.ClientBase): Promise<boolean> {
  const { rowCount } = await client.query('SELECT 1 FROM license_keys LIMIT 1');
  return rowCount === 1;
}

/**
 * Unseals one license key and compares its digest, so that a wrong master key or lookup key is found at start. Requires a connection of
 * the application role. Throws ConfigError.
 */
export async function assertSecretsMatch(client: pg.ClientBase, secrets: Secrets): Promise<void> {
  const { rows } = await client.query<KeyRow>(
    'SELECT digest, tenant_id, license_id, normalisation FROM license_keys WHERE valid_until IS NULL LIMIT 1',
  );
  const [key] = rows;
  if (!key) return;
  const sealed = await readSealed(client, key);
  const { tenant_id: tenantId, license_id: licenseId, digest, normalisation } = key;
  const licenseKeys = sealed.map((each) => unsealOrThrow(each, secrets, [tenantId, licenseId]));
  if (!licenseKeys.some((each) => storedKeyDigest(secrets, each, tenantId, normalisation).equals(digest)))
    throw mismatch('LOOKUP_KEY');
}

interface KeyRow {
  digest: Buffer;
  tenant_id: string;
  license_id: string;
  normalisation: ForeignKeyNormalisation | null;
}

async function readSealed(client: pg.ClientBase, { tenant_id, license_id }: KeyRow): Promise<Buffer[]> {
  assertTenantId(tenant_id);
  await client.query(`BEGIN; SET LOCAL app.tenant_id = '${tenant_id}'`);
  const { rows } = await client.query<{ sealed: Buffer }>(
    `SELECT license_key_sealed AS sealed FROM licenses WHERE tenant_id = $1 AND license_id = $2
     UNION ALL SELECT license_key_sealed FROM rotated_license_keys WHERE tenant_id = $1 AND license_id = $2`,
    [tenant_id, license_id],
  );
  await client.query('COMMIT');
  if (!rows[0]) throw new ConfigError('A license key has no license: the database was restored in part.');
  return rows.map(({ sealed }) => sealed);
}

function unsealOrThrow(sealed: Buffer, secrets: Secrets, context: readonly string[]): string {
  try {
    return secrets.unseal(sealed, context);
  } catch {
    throw mismatch('MASTER_KEY');
  }
}

function mismatch(variable: string): ConfigError {
  return new ConfigError(
    `${variable} does not match the key of existing licenses. ` +
      `Restore the right one: the variable ${variable}, or ${variable === 'MASTER_KEY' ? 'master.key' : 'lookup.key'} in DATA_DIR.`,
  );
}
