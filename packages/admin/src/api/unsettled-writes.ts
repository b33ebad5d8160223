const STORED = 'imprimatur.unsettled-writes';
const DAY_MS = 86_400_000;

/** Days for which the server stores the outcome of a write, and this tab its idempotency key. */
export const REMEMBER_DAYS = 1;

interface UnsettledWrite {
  readonly key: string;
  readonly firstSentAt: number;
}

/**
 * Idempotency keys of writes whose outcome is not known, by a digest of the write. The same write sent again, as after a broken connection or
 * a reload of the page, is the same change, so it happens once.
 */
const unsettled = new Map<string, UnsettledWrite>(stored());

function stored(): [string, UnsettledWrite][] {
  try {
    return JSON.parse(sessionStorage.getItem(STORED) ?? '[]') as [string, UnsettledWrite][];
  } catch {
    return [];
  }
}

function store(): void {
  try {
    if (unsettled.size === 0) sessionStorage.removeItem(STORED);
    else sessionStorage.setItem(STORED, JSON.stringify([...unsettled]));
  } catch {
    // A storage that is full takes nothing: then they are lost at a reload.
  }
}

/** Returns the idempotency key of a write, which says by whom and for whom it is sent, and what: a new one, unless its outcome is not known. */
export async function idempotencyKeyOf(write: readonly (string | undefined)[]): Promise<string> {
  const content = new TextEncoder().encode(JSON.stringify(write));
  // The body may contain secrets, which no storage may have.
  const digest = hexOf(await crypto.subtle.digest('SHA-256', content));
  for (const [each, { firstSentAt }] of unsettled)
    if (Date.now() - firstSentAt >= REMEMBER_DAYS * DAY_MS) unsettled.delete(each);
  const { key, firstSentAt } = unsettled.get(digest) ?? { key: crypto.randomUUID(), firstSentAt: Date.now() };
  unsettled.set(digest, { key, firstSentAt });
  store();
  return key;
}

/** Forgets the idempotency key of a write whose outcome is known. */
export function settle(key: string): void {
  for (const [digest, each] of unsettled) if (each.key === key) unsettled.delete(digest);
  store();
}

function hexOf(bytes: ArrayBuffer): string {
  return Array.from(new Uint8Array(bytes), (byte) => byte.toString(16).padStart(2, '0')).join('');
}
