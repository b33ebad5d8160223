const STORED = 'imprimatur.unsettled-writes';
const DAY_MS = 86_400_000;

/** Days for which the server stores the outcome of a write, and this tab its idempotency key. */
export const REMEMBER_DAYS = 1;

interface UnsettledWrite {
  readonly key: string;
  readonly firstSentAt: number;
  /** Digest of the resource that is changed. */
  readonly resource?: string;
}

/**
 * Idempotency keys of writes whose outcome is not known, by a digest of the write. The same write sent again, as after a broken connection or
 * a reload of the page, is the same change, so it happens once. After another change of the same resource it is a new one.
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

/**
 * Returns the idempotency key of a write, which says by whom and for whom it is sent, and what: a new one, unless its outcome is not known.
 * `resource`: path of what it changes; undefined if it creates something.
 */
export async function idempotencyKeyOf(write: readonly (string | undefined)[], resource?: string): Promise<string> {
  // The body may contain secrets, which no storage may have.
  const digest = await digestOf(JSON.stringify(write));
  for (const [each, { firstSentAt }] of unsettled)
    if (Date.now() - firstSentAt >= REMEMBER_DAYS * DAY_MS) unsettled.delete(each);
  const { key, firstSentAt } = unsettled.get(digest) ?? { key: crypto.randomUUID(), firstSentAt: Date.now() };
  unsettled.set(digest, { key, firstSentAt, ...(resource && { resource: await digestOf(resource) }) });
  store();
  return key;
}

/** Forgets the idempotency key of a write whose outcome is known, and if it happened, those of earlier writes to the same resource. */
export function settle(key: string, happened: boolean): void {
  const settled = [...unsettled.values()].find((each) => each.key === key);
  const isOver = ({ key: other, resource }: UnsettledWrite) =>
    other === key || (happened && resource !== undefined && resource === settled?.resource);
  for (const [digest, each] of unsettled) if (isOver(each)) unsettled.delete(digest);
  store();
}

async function digestOf(text: string): Promise<string> {
  const digest = await crypto.subtle.digest('SHA-256', new TextEncoder().encode(text));
  return Array.from(new Uint8Array(digest), (byte) => byte.toString(16).padStart(2, '0')).join('');
}
