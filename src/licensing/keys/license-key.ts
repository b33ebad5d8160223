/** 80 random bits. */
export const LICENSE_KEY_BYTES = 10;

/** `XXXX-XXXX-XXXX-XXXX-XXXX`: 20 upper-case hexadecimal digits of 10 random bytes. */
export function formatLicenseKey(random: Buffer): string {
  if (random.length !== LICENSE_KEY_BYTES) throw new TypeError(`A license key is made of ${LICENSE_KEY_BYTES} bytes.`);
  const digits = random.toString('hex').toUpperCase();
  return [0, 4, 8, 12, 16].map((at) => digits.slice(at, at + 4)).join('-');
}

export function lastFour(licenseKey: string): string {
  return licenseKey.slice(-4);
}

/** White space, every kind of dash that mail programs make of "-" (U+2212 is a minus), and characters that are not visible. */
const SEPARATORS = /[\s\p{Pd}\u2212\p{Cf}]/gu;

/** The license key as it was issued, from how a person typed or pasted it: case, spaces, dashes and full-width forms do not count. */
export function canonicalLicenseKey(typed: string): string {
  const digits = typed.normalize('NFKC').replace(SEPARATORS, '').toUpperCase();
  return /^[0-9A-F]{20}$/.test(digits) ? formatLicenseKey(Buffer.from(digits, 'hex')) : typed;
}
