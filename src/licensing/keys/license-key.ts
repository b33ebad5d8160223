import { Injectable } from '@nestjs/common';
import { randomBytes } from '../../shared/random.js';
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

export function lastFour(licenseKey: string): string {
  return licenseKey.slice(-4);
}

/** White space, all dashes that mail programs substitute for "-" (U+2212 is the minus sign), and invisible characters. */
const SEPARATORS = /[\s\p{Pd}\u2212\p{Cf}]/gu;

/** Returns the license key as issued, from typed or pasted text: case, spaces, dashes and full-width forms are ignored. */
export function canonicalLicenseKey(typed: string): string {
  const digits = typed.normalize('NFKC').replace(SEPARATORS, '').toUpperCase();
  return /^[0-9A-F]{20}$/.test(digits) ? formatLicenseKey(Buffer.from(digits, 'hex')) : typed;
}

/** Returns the digest by which a license key is found, from typed text. Any text has one, so a malformed license key is looked up, too. */
export function licenseKeyDigest(secrets: Secrets, licenseKey: string): Buffer {
  return secrets.digest(canonicalLicenseKey(licenseKey));
}

/** Rows `owner` of the license keys whose digest is in `asked.digest`, which are read before the tenant is known. */
export const KEY_OWNER_SQL = `CROSS JOIN LATERAL (
  SELECT tenant_id, license_id FROM license_keys WHERE digest = asked.digest LIMIT 1) owner`;
