const SEPARATORS = /[\s\p{Pd}\p{Cf}\u2212_.:]/gu;
const MIN_CHARACTERS = 16;
/** Ids that this server makes are UUIDs of version 7; other systems use those of version 4 as license keys. */
const ID = /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}$/i;
/** The beginning of a license key of this server, as it is typed. */
const BEGINNING = /^(?:[0-9a-f]{4}-){2,4}[0-9a-f]{0,4}$/i;

/**
 * Tells whether text may be a license key, of this server or of another system. Such text is sent in the body of a request alone: servers and
 * proxies write addresses into their logs.
 */
export function mayBeLicenseKey(text: string): boolean {
  const typed = text.trim();
  if (ID.test(typed) || typed.includes('@')) return false;
  if (BEGINNING.test(typed)) return true;
  if (typed.normalize('NFKC').replace(SEPARATORS, '').length < MIN_CHARACTERS) return false;
  return /\d/.test(typed) || !/[\p{Ll}\s]/u.test(typed);
}
