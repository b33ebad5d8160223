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

/** What people make of a key when they type it, as it was issued: case, spaces and dashes do not count. */
export function canonicalLicenseKey(typed: string): string {
  const digits = typed.replace(/[\s-]/g, '').toUpperCase();
  return /^[0-9A-F]{20}$/.test(digits) ? formatLicenseKey(Buffer.from(digits, 'hex')) : typed;
}
