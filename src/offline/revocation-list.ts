import { createHash } from 'node:crypto';
import { MAX_VALIDITY_MS } from '../signing/index.js';

const DIGEST_BYTES = 8;
const DAY_MS = 24 * 60 * 60 * 1000;
/** Validity of a list. A client that fetches one can rely on it for at least six days. */
const NEXT_UPDATE_MS = 7 * DAY_MS;
/** Age at which a list is signed anew. */
export const RENEWED_AFTER_MS = DAY_MS;

/** Shortest time between two lists of the same key, however many licenses change. */
export const MIN_AGE_MS = 1_000;

/** Types of the events that change what is listed: those that `LicenseListedHandler` handles. */
export const LISTED_EVENT_TYPES: readonly string[] = [
  'license.revoked',
  'license.suspended',
  'license.reinstated',
  'license.device_blocked',
  'license.device_unblocked',
];

/** The last signed list of a tenant. */
export interface RevocationList {
  readonly number: number;
  /** SHA-256 over the listed licenses. */
  readonly contentSha256: Buffer;
  readonly signedText: string;
  readonly issuedAt: Date;
  readonly expiresAt: Date;
  /** Signing key of the list; null in lists of an earlier release. */
  readonly kid: string | null;
  /** Last number in the tenant's event log before its licenses were read; null in lists of an earlier release. */
  readonly asOfSeq: string | null;
}

/** Content of a list: revoked and suspended licenses, and blocked devices, as far as they have license files. */
export interface Revocations {
  readonly licenseIds: readonly string[];
  readonly files: readonly { readonly licenseId: string; readonly fingerprint: string }[];
}

/** The content of the next list. */
export interface RevocationListDraft {
  /** Number of the latest list, plus one if the content changed. */
  readonly number: number;
  readonly licenses: string[];
  readonly devices: string[];
  readonly contentSha256: Buffer;
  readonly issuedAt: Date;
  readonly expiresAt: Date;
}

/** Returns the time of change from which licenses are listed: license files signed before it have expired. */
export function listedSince(now: Date): Date {
  return new Date(now.getTime() - MAX_VALIDITY_MS - DAY_MS);
}

/** Returns whether a license change has to wait, so that the latest list may be outdated. Another key's list does not wait. */
export function isTooSoon(latest: RevocationList | undefined, activeKid: string | null, now: Date): boolean {
  return latest?.kid === activeKid && isYoungerThan(MIN_AGE_MS, latest, now);
}

/** Returns undefined if the latest list is current or less than a second old. */
export function draftRevocationList(
  latest: RevocationList | undefined,
  { licenseIds, files }: Revocations,
  activeKid: string | null,
  now: Date,
): RevocationListDraft | undefined {
  if (isTooSoon(latest, activeKid, now)) return undefined;
  const licenses = licenseIds.map(shortDigest).sort();
  const devices = files.map(({ licenseId, fingerprint }) => shortDigest(`${licenseId} ${fingerprint}`)).sort();
  // Without devices the digest is that of an earlier release, so that an upgrade publishes no list.
  const content = devices.length > 0 ? `${licenses.join(' ')}\n${devices.join(' ')}` : licenses.join(' ');
  const contentSha256 = createHash('sha256').update(content).digest();
  const unchanged = latest?.contentSha256.equals(contentSha256) === true;
  if (latest && unchanged && latest.kid === activeKid && isYoungerThan(RENEWED_AFTER_MS, latest, now)) return undefined;
  const number = (latest?.number ?? 0) + (unchanged ? 0 : 1);
  return {
    number,
    licenses,
    devices,
    contentSha256,
    issuedAt: now,
    expiresAt: new Date(now.getTime() + NEXT_UPDATE_MS),
  };
}

/** A list from the future was signed while a clock was ahead; clients would conclude that their own clocks were set back. */
function isYoungerThan(milliseconds: number, { issuedAt }: RevocationList, now: Date): boolean {
  const age = now.getTime() - issuedAt.getTime();
  return age >= 0 && age < milliseconds;
}

/** Returns a digest by which only a holder of the license id, and of the fingerprint, can recognize what is listed. */
function shortDigest(listed: string): string {
  return createHash('sha256').update(listed).digest().subarray(0, DIGEST_BYTES).toString('base64url');
}
