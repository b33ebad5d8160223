// License keys that programs can call with, for licenses out of all of a large database: the rows that it was filled with have digests
// of no license key.
import { readFile } from 'node:fs/promises';
import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { Secrets } from '../../dist/shared/secrets/secrets.js';
import { formatLicenseKey } from '../../dist/licensing/keys/license-key.js';
import { digestOf } from '../contenders/statements.mjs';

/** Each license gets a license key, as ours and as the floor looks it up, a device, seats for more, and no restrictions. */
export async function addLicenseKeys({ monitor, dataDir, tenants }, ids) {
  const hex = async (name) => Buffer.from((await readFile(join(dataDir, name), 'utf8')).trim(), 'hex');
  const secrets = new Secrets([await hex('master.key')], await hex('lookup.key'));
  const licenses = ids.map((id) => ({ id, key: formatLicenseKey(randomBytes(10)) }));
  const digests = licenses.flatMap(({ key }) => [secrets.digest(key), digestOf(key)]);
  const licenseIds = licenses.flatMap(({ id }) => [id, id]);
  const tenant = tenants[0].id;
  await monitor.query(
    `INSERT INTO license_keys (digest, tenant_id, license_id)
     SELECT digest, $1, license_id FROM unnest($2::bytea[], $3::uuid[]) AS key (digest, license_id)`,
    [tenant, digests, licenseIds],
  );
  await monitor.query(
    `WITH license AS (
       UPDATE licenses SET current_activations = 1, max_activations = 1000000, restrictions = '[]', expiry_date = now() + interval '1 year'
       WHERE tenant_id = $1 AND license_id = ANY($2::uuid[]) RETURNING license_id
     )
     INSERT INTO license_activations (tenant_id, activation_id, license_id, fingerprint, units, activation_type, status, metadata,
       first_seen_at, last_seen_at, created_at)
     SELECT $1, uuidv7(), license_id, 'device-1', 1, 'ONLINE', 'ACTIVE', '{}', now(), now(), now() FROM license`,
    [tenant, ids],
  );
  await monitor.query('VACUUM (ANALYZE) licenses, license_keys, license_activations');
  return licenses;
}
