/** 80 random bits. */
export const LICENSE_KEY_BYTES = 10;

/** `XXXX-XXXX-XXXX-XXXX-XXXX`: 20 upper-case hexadecimal digits of 10 random bytes. */
export function formatLicenseKey(random: Buffer): string {
  if (random.length !== LICENSE_KEY_BYTES) throw new TypeError(`A license key is made of ${LICENSE_KEY_BYTES} bytes.`);
  return random
    .toString('hex')
    .toUpperCase()
    .replace(/.{4}(?!$)/g, '$&-');
}

export function lastFour(licenseKey: string): string {
  return licenseKey.slice(-4);
}
