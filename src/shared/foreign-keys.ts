/** How a tenant compares license keys that were made elsewhere: as they are, without white space around them, or also in upper case. */
export const FOREIGN_KEY_NORMALISATIONS = ['NONE', 'TRIM', 'UPPER_CASE'] as const;
export type ForeignKeyNormalisation = (typeof FOREIGN_KEY_NORMALISATIONS)[number];

export function normaliseForeignKey(licenseKey: string, normalisation: ForeignKeyNormalisation): string {
  if (normalisation === 'NONE') return licenseKey;
  return normalisation === 'TRIM' ? licenseKey.trim() : licenseKey.trim().toUpperCase();
}
