import type { Secrets } from '../../shared/secrets/secrets.js';
import { canonicalLicenseKey } from './license-key.js';

/** Returns the digest by which a license key is found, from typed text. Any text has one, so a malformed license key is looked up, too. */
export function licenseKeyDigest(secrets: Secrets, licenseKey: string): Buffer {
  return secrets.digest(canonicalLicenseKey(licenseKey));
}

/** Rows `owner` of the license keys whose digest is in `asked.digest`, which are read before the tenant is known. */
export const KEY_OWNER_SQL = `CROSS JOIN LATERAL (
  SELECT tenant_id, license_id FROM license_keys WHERE digest = asked.digest LIMIT 1) owner`;
