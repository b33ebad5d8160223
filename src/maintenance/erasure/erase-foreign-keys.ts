import {
  FORGOTTEN_KEY,
  isOwnKey,
  licenseSealContext,
  LicenseKeySource,
  storedKeyDigest,
} from '../../licensing/index.js';
import { FOREIGN_KEY_NORMALISATIONS } from '../../shared/foreign-keys.js';
import type { Secrets } from '../../shared/secrets/secrets.js';
import type { Erasure } from './erasure.js';

interface SealedKey {
  readonly license_id: string;
  readonly sealed: Buffer;
  /** Whether the customer holds the license now. */
  readonly is_held: boolean;
  readonly is_replaced: boolean;
}

/**
 * Replaces imported license keys, whose text may say who the customer is, by keys of ours, under the locks of the licenses. The imported key
 * is unknown after that and cannot be imported again, because its digest stays. A license that was given away keeps the key that its holder
 * uses. Returns the number of changed licenses.
 */
export async function eraseForeignKeys(
  { owner, tenantId, customerId, now }: Erasure,
  secrets: Secrets,
  licenseIds: readonly string[],
): Promise<number> {
  const { rows } = await owner.query<SealedKey>(
    `SELECT license_id, license_key_sealed AS sealed, customer_id = $3 AS is_held, EXISTS (
       SELECT FROM rotated_license_keys rotated WHERE rotated.tenant_id = $1 AND rotated.license_id = item.license_id) AS is_replaced
     FROM licenses item WHERE tenant_id = $1 AND license_id = ANY($2::uuid[])`,
    [tenantId, licenseIds, customerId],
  );
  let changed = 0;
  for (const { license_id: id, sealed, is_held: isHeld, is_replaced: isReplaced } of rows) {
    const context = licenseSealContext(tenantId, id);
    const imported = secrets.unseal(sealed, context);
    if (isOwnKey(imported)) continue;
    const digests = FOREIGN_KEY_NORMALISATIONS.map((each) => storedKeyDigest(secrets, imported, tenantId, each));
    const { rowCount: ended } = await owner.query(
      `UPDATE license_keys SET valid_until = '${FORGOTTEN_KEY}'
       WHERE digest = ANY($3) AND tenant_id = $1 AND license_id = $2 AND ($4 OR valid_until <= $5)`,
      [tenantId, id, digests, isHeld, now],
    );
    if (ended === 0) continue;
    const licenseKey = new LicenseKeySource().next();
    await owner.query(
      `UPDATE licenses SET license_key_sealed = $3, version = version + 1, updated_at = $4,
         license_key_last_four = CASE WHEN $5 THEN license_key_last_four ELSE right($6, 4) END
       WHERE tenant_id = $1 AND license_id = $2`,
      [tenantId, id, secrets.seal(licenseKey, context), now, isReplaced, licenseKey.slice(-4)],
    );
    if (!isReplaced)
      await owner.query('INSERT INTO license_keys (digest, tenant_id, license_id) VALUES ($1, $2, $3)', [
        storedKeyDigest(secrets, licenseKey, tenantId, null),
        tenantId,
        id,
      ]);
    changed++;
  }
  return changed;
}
