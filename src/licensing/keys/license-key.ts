import { Injectable } from '@nestjs/common';
import { randomBytes } from '../../shared/random.js';
import { normaliseForeignKey, type ForeignKeyNormalisation } from '../../shared/foreign-keys.js';
import type { Secrets } from '../../shared/secrets/secrets.js';

/** Length of a license key: 80 random bits. */
const LICENSE_KEY_BYTES = 10;

/** Source of new license keys, made of random bytes of the operating system. Tests replace it to force a collision. */
@Injectable()
export class LicenseKeySource {
  next(): string {
    return formatLicenseKey(randomBytes(LICENSE_KEY_BYTES));
  }
}

/** Formats 10 random bytes as `XXXX-XXXX-XXXX-XXXX-XXXX`: 20 upper-case hexadecimal digits. */
export function formatLicenseKey(random: Buffer): string {
  if (random.length !== LICENSE_KEY_BYTES) throw new TypeError(`A license key is made of ${LICENSE_KEY_BYTES} bytes.`);
  const digits = random.toString('hex').toUpperCase();
  return [0, 4, 8, 12, 16].map((at) => digits.slice(at, at + 4)).join('-');
}

/** Returns the last four characters. Half of a character that takes two units is none. */
export function lastFour(licenseKey: string): string {
  return Array.from(licenseKey.slice(-8)).slice(-4).join('');
}

/** Returns the last four characters of an imported license key as it is compared, without white space around it, as people read it out. */
export function lastFourOfForeign(licenseKey: string, normalisation: ForeignKeyNormalisation): string {
  return lastFour(normaliseForeignKey(licenseKey, normalisation).trim());
}

/** Returns what the last four characters of a license key may be, of which these were typed: own keys are in upper case, imported ones in either. */
export function lastFourAsTyped(typed: string): readonly string[] {
  return [...new Set([typed, typed.toUpperCase()])];
}

/** White space, all dashes that mail programs substitute for "-" (U+2212 is the minus sign), and invisible characters. */
const SEPARATORS = /[\s\p{Pd}\u2212\p{Cf}]/gu;

/** Returns the license key as issued, from typed or pasted text: case, spaces, dashes and full-width forms are ignored. */
export function canonicalLicenseKey(typed: string): string {
  if (isOwnKey(typed)) return typed;
  const digits = typed.normalize('NFKC').replace(SEPARATORS, '').toUpperCase();
  return /^[0-9A-F]{20}$/.test(digits) ? formatLicenseKey(Buffer.from(digits, 'hex')) : typed;
}

/** Tells whether text has the form in which license keys are issued. */
export function isOwnKey(licenseKey: string): boolean {
  return /^[0-9A-F]{4}(-[0-9A-F]{4}){4}$/.test(licenseKey);
}

/** Tenant whose imported keys are looked up, too, with its normalisation. */
export interface KeyTenant {
  readonly id: string;
  readonly foreignKeyNormalisation: ForeignKeyNormalisation;
}

/** Digests by which a license key is found. */
export interface LicenseKeyDigests {
  readonly own: Buffer;
  /** That of an imported key of the tenant; undefined if no tenant is named. */
  readonly foreign: Buffer | undefined;
}

/** Returns the digests of typed text. Any text has them, so a malformed license key is looked up, too. */
export function licenseKeyDigests(
  secrets: Secrets,
  licenseKey: string,
  tenant: KeyTenant | undefined,
): LicenseKeyDigests {
  return {
    own: ownKeyDigest(secrets, licenseKey),
    foreign: tenant && foreignKeyDigest(secrets, licenseKey, tenant),
  };
}

/** Returns the digest of a license key of ours. Other text gets one that no license key has, foreign keys included. */
export function ownKeyDigest(secrets: Secrets, typed: string): Buffer {
  const licenseKey = canonicalLicenseKey(typed);
  return secrets.digest(isOwnKey(licenseKey) ? licenseKey : `unknown\n${typed}`);
}

/** Returns the digest of an imported license key, which contains the tenant: two tenants may have the same key. */
export function foreignKeyDigest(secrets: Secrets, licenseKey: string, tenant: KeyTenant): Buffer {
  const normalised = normaliseForeignKey(licenseKey, tenant.foreignKeyNormalisation);
  return secrets.digest(`foreign\n${tenant.id}\n${normalised}`);
}

/** Returns the digest of a stored license key: of ours if there is no normalisation. */
export function storedKeyDigest(
  secrets: Secrets,
  licenseKey: string,
  tenantId: string,
  foreignKeyNormalisation: ForeignKeyNormalisation | null,
): Buffer {
  return foreignKeyNormalisation === null
    ? ownKeyDigest(secrets, licenseKey)
    : foreignKeyDigest(secrets, licenseKey, { id: tenantId, foreignKeyNormalisation });
}

/** End of a replaced license key that is not found any more, because too many replaced it. */
export const FORGOTTEN = '-infinity';

/**
 * Rows `owner` of the license keys with a digest of `asked`, which are read before the tenant is known: of the tenant in
 * `asked.tenant_id`, if there is one.
 */
export const KEY_OWNER_SQL = `CROSS JOIN LATERAL (
  SELECT tenant_id, license_id, valid_until FROM license_keys
  WHERE digest IN (asked.digest, asked.foreign_digest) AND tenant_id = coalesce(asked.tenant_id, tenant_id)
    AND (valid_until IS NULL OR valid_until > '${FORGOTTEN}') LIMIT 1) owner`;
