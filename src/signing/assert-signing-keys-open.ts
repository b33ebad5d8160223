import type pg from 'pg';
import { ConfigError } from '../config.js';
import type { Secrets } from '../shared/secrets/secrets.js';
import { SET_TENANT_OF_ROW } from '../shared/persistence/set-tenant-of-row.js';
import { signingKeySealContext } from './signing-key.entity.js';

interface SealedKey {
  readonly tenant_id: string;
  readonly kid: string;
  readonly sealed: Buffer;
}

/** LIMIT keeps each look-up within the isolation of its tenant. */
const FIND_SEALED = `
  SELECT tenant.tenant_id, key.* FROM (
    SELECT tenant_id FROM (SELECT id AS tenant_id FROM tenants OFFSET 0) AS each WHERE ${SET_TENANT_OF_ROW} OFFSET 0) AS tenant
  CROSS JOIN LATERAL (
    SELECT kid, private_key_sealed AS sealed FROM signing_keys
    WHERE tenant_id = tenant.tenant_id AND private_key_sealed IS NOT NULL LIMIT 1) AS key
  LIMIT 1`;

/** Returns whether a sealed private key exists: from then on the master key must not change without a rekey. */
export async function hasSigningKeys(client: pg.ClientBase): Promise<boolean> {
  return (await findSealed(client)) !== undefined;
}

/**
 * Unseals one private key as the application role, so that a wrong master key fails the start and not a later signature. Throws
 * ConfigError.
 */
export async function assertSigningKeysOpen(client: pg.ClientBase, secrets: Secrets): Promise<void> {
  const key = await findSealed(client);
  if (!key) return;
  try {
    secrets.unseal(key.sealed, signingKeySealContext(key.tenant_id, key.kid));
  } catch {
    throw new ConfigError(
      'MASTER_KEY does not match the key of existing signing keys. ' +
        'Restore the right one: the variable MASTER_KEY, or master.key in DATA_DIR.',
    );
  }
}

async function findSealed(client: pg.ClientBase): Promise<SealedKey | undefined> {
  const { rows } = await client.query<SealedKey>(FIND_SEALED);
  return rows[0];
}
