import { createHash } from 'node:crypto';
import { MAX_VALIDITY_MS } from '../signing/index.js';

const DIGEST_BYTES = 8;
const DAY_MS = 24 * 60 * 60 * 1000;
/** A machine that gets a list is served by it for at least six days. */
const NEXT_UPDATE_MS = 7 * DAY_MS;
const RENEWED_AFTER_MS = DAY_MS;
/** No list follows another sooner, however many licenses change. */
export const MIN_AGE_MS = 1_000;

/** The list of a tenant as it was last signed. */
export interface RevocationList {
  readonly number: number;
  /** SHA-256 over what it lists. */
  readonly contentSha256: Buffer;
  readonly signedText: string;
  readonly issuedAt: Date;
  readonly expiresAt: Date;
}

/** What the next list says. */
export interface Draft {
  /** One more than the latest where something changed; the same where it is only signed anew. */
  readonly number: number;
  readonly licenses: string[];
  readonly contentSha256: Buffer;
  readonly issuedAt: Date;
  readonly expiresAt: Date;
}

/** Since when a license must have been changed to be listed: files that were made before that have ended. */
export function listedSince(now: Date): Date {
  return new Date(now.getTime() - MAX_VALIDITY_MS - DAY_MS);
}

/** Undefined while the latest list is as it should be, or is not a second old. */
export function draftRevocationList(
  latest: RevocationList | undefined,
  licenseIds: readonly string[],
  now: Date,
): Draft | undefined {
  const age = latest ? now.getTime() - latest.issuedAt.getTime() : Infinity;
  if (age >= 0 && age < MIN_AGE_MS) return undefined;
  const licenses = licenseIds.map(shortDigest).sort();
  const contentSha256 = createHash('sha256').update(licenses.join(' ')).digest();
  const unchanged = latest?.contentSha256.equals(contentSha256) === true;
  if (unchanged && age < RENEWED_AFTER_MS) return undefined;
  const number = (latest?.number ?? 0) + (unchanged ? 0 : 1);
  return { number, licenses, contentSha256, issuedAt: now, expiresAt: new Date(now.getTime() + NEXT_UPDATE_MS) };
}

/** Tells whoever has the id whether it is listed, and nobody else which one is. */
function shortDigest(licenseId: string): string {
  return createHash('sha256').update(licenseId).digest().subarray(0, DIGEST_BYTES).toString('base64url');
}
