import { createHash } from 'node:crypto';
import { MAX_VALIDITY_MS } from '../signing/index.js';

const DIGEST_BYTES = 8;
const DAY_MS = 24 * 60 * 60 * 1000;
/** A machine that gets a list is served by it for at least six days. */
const NEXT_UPDATE_MS = 7 * DAY_MS;
/** A list is signed anew when it is older. */
export const RENEWED_AFTER_MS = DAY_MS;

/** No list follows another of the same key sooner, however many licenses change. */
export const MIN_AGE_MS = 1_000;

/** The list of a tenant as it was last signed. */
export interface RevocationList {
  readonly number: number;
  /** SHA-256 over what it lists. */
  readonly contentSha256: Buffer;
  readonly signedText: string;
  readonly issuedAt: Date;
  readonly expiresAt: Date;
  /** The key that signed it; null in lists of an earlier release. */
  readonly kid: string | null;
  /** The last number in the tenant's event log before its licenses were read; null in lists of an earlier release. */
  readonly asOfSeq: string | null;
}

/** The content of the next list. */
export interface RevocationListDraft {
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

/** Whether a change of licenses has to wait: then the latest list may be behind. A list that another key signed does not wait. */
export function isTooSoon(latest: RevocationList | undefined, activeKid: string | null, now: Date): boolean {
  return latest?.kid === activeKid && isYoungerThan(MIN_AGE_MS, latest, now);
}

/** Undefined while the latest list is as it should be, or is not a second old. */
export function draftRevocationList(
  latest: RevocationList | undefined,
  licenseIds: readonly string[],
  activeKid: string | null,
  now: Date,
): RevocationListDraft | undefined {
  if (isTooSoon(latest, activeKid, now)) return undefined;
  const licenses = licenseIds.map(shortDigest).sort();
  const contentSha256 = createHash('sha256').update(licenses.join(' ')).digest();
  const unchanged = latest?.contentSha256.equals(contentSha256) === true;
  if (latest && unchanged && latest.kid === activeKid && isYoungerThan(RENEWED_AFTER_MS, latest, now)) return undefined;
  const number = (latest?.number ?? 0) + (unchanged ? 0 : 1);
  return { number, licenses, contentSha256, issuedAt: now, expiresAt: new Date(now.getTime() + NEXT_UPDATE_MS) };
}

/** A list from the future was signed while a clock was ahead, and clients take their own clocks for turned back by it. */
function isYoungerThan(milliseconds: number, { issuedAt }: RevocationList, now: Date): boolean {
  const age = now.getTime() - issuedAt.getTime();
  return age >= 0 && age < milliseconds;
}

/** Tells whoever has the id whether it is listed, and nobody else which one is. */
function shortDigest(licenseId: string): string {
  return createHash('sha256').update(licenseId).digest().subarray(0, DIGEST_BYTES).toString('base64url');
}
