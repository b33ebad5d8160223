import { fromBase64, fromUtf8, type Bytes } from './bytes.js';
import { canonicalize, type Json } from './canonical.js';
import { findKey, isSignedBy, type PublicKey } from './ed25519.js';
import { LicenseError, type ErrorCode } from './errors.js';

const FORMAT = 1;
const ALGORITHM = 'Ed25519';
const SIGNATURE_BYTES = 64;
const MAX_CHARACTERS = 16 * 1024 * 1024;
const WHITE_SPACE = ' \t\r\n';
/** Allowed difference between two correct clocks. */
export const CLOCK_TOLERANCE_MS = 5 * 60 * 1000;

const LABELS = {
  license: 'IMPRIMATUR LICENSE FILE',
  revocations: 'IMPRIMATUR REVOCATION LIST',
  validation: 'IMPRIMATUR VALIDATION',
} as const;
export type DocumentType = keyof typeof LABELS;

/** Members of every signed document. Unknown members must be ignored. */
export interface SignedDocument {
  readonly type: DocumentType;
  readonly kid: string;
  readonly tenant_id: string;
  readonly issued_at: string;
  readonly expires_at: string;
}

/** Tenant and public keys that a program trusts. */
export interface Trust {
  readonly tenantId: string;
  /** Keys from `/v1/client/{tenant}/jwks.json`, built into the program. */
  readonly keys: readonly PublicKey[];
}

/**
 * Returns the document if a trusted key of the tenant signed it. Before that only the key id is used, to select a trusted key. The caller
 * checks the times. Throws LicenseError.
 */
export async function openDocument(text: string, type: DocumentType, trust: Trust): Promise<SignedDocument> {
  const bytes = unarmour(text, LABELS[type]);
  const [signature, content] = [bytes.slice(0, SIGNATURE_BYTES), bytes.slice(SIGNATURE_BYTES)];
  const [document, spelling] = parse(content);
  check(document.format === FORMAT, 'UNKNOWN_FORMAT', 'The document has a format that this release does not know.');
  check(document.alg === ALGORITHM, 'UNKNOWN_ALGORITHM', 'The document is not signed with Ed25519.');
  const key = await findKey(trust.keys, document.kid);
  if (!key) throw new LicenseError('UNKNOWN_KEY', 'The document is signed by a key that is not trusted.');
  check(await isSignedBy(key, signature, content), 'BAD_SIGNATURE', 'The document was changed after it was signed.');
  check(canonicalize(document) === spelling, 'MALFORMED', 'The document is not canonical JSON.');
  check(document.type === type, 'WRONG_TYPE', 'The document has another type.');
  check(document.tenant_id === trust.tenantId, 'WRONG_TENANT', 'The document belongs to another vendor.');
  return document as unknown as SignedDocument;
}

export function check(condition: boolean, code: ErrorCode, message: string): asserts condition {
  if (!condition) throw new LicenseError(code, message);
}

/** Throws LicenseError if the issue time is after `now` by more than the allowed difference of clocks. */
export function checkIssued({ issued_at }: Pick<SignedDocument, 'issued_at'>, now: number): void {
  const message = 'The device clock is earlier than the issue time of the document.';
  check(now >= Date.parse(issued_at) - CLOCK_TOLERANCE_MS, 'CLOCK_TURNED_BACK', message);
}

/** Extracts one document with only space, tab, CR and LF around and in it: `trim` and `\s` also accept a byte order mark and others. */
function unarmour(text: string, label: string): Bytes {
  const [begin, end] = [`-----BEGIN ${label}-----`, `-----END ${label}-----`];
  const whole = text.length > MAX_CHARACTERS ? '' : stripped(text);
  const framed = whole.startsWith(begin) && whole.endsWith(end) && whole.length >= begin.length + end.length;
  check(framed, 'MALFORMED', `The text is not one ${label}.`);
  try {
    const bytes = fromBase64(whole.slice(begin.length, -end.length).replace(/[ \t\r\n]/g, ''));
    if (bytes.length > SIGNATURE_BYTES) return bytes;
  } catch {
    // Invalid base64 is reported like a text that is too short.
  }
  throw new LicenseError('MALFORMED', `The ${label} is truncated or damaged.`);
}

/** Trims in a loop, because a regular expression takes quadratic time for a long run of spaces that is not at the end. */
function stripped(text: string): string {
  let [start, end] = [0, text.length];
  while (start < end && WHITE_SPACE.includes(text.charAt(start))) start++;
  while (end > start && WHITE_SPACE.includes(text.charAt(end - 1))) end--;
  return text.slice(start, end);
}

function parse(content: Bytes): [Record<string, Json>, string] {
  try {
    const spelling = fromUtf8(content);
    const document = JSON.parse(spelling) as Json;
    if (typeof document === 'object' && document !== null && !Array.isArray(document)) return [document, spelling];
  } catch {
    // The error below covers this.
  }
  throw new LicenseError('MALFORMED', 'The content of the document is not a JSON object.');
}
