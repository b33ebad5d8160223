import type { KeyObject } from 'node:crypto';
import stableStringify from 'safe-stable-stringify';
import type { JsonObject } from '../shared/json.js';
import { signatureOf } from './ed25519.js';

export const FORMAT = 1;
export const ALGORITHM = 'Ed25519';
/** Longest validity of a signed document, and therefore the longest time that a retired key stays published. */
export const MAX_VALIDITY_MS = 366 * 24 * 60 * 60 * 1000;
const LINE = /.{1,64}/g;

/** Document types, with the label in the first and last line of their text. */
export const DOCUMENT_LABELS = {
  license: 'IMPRIMATUR LICENSE FILE',
  revocations: 'IMPRIMATUR REVOCATION LIST',
  validation: 'IMPRIMATUR VALIDATION',
} as const;
export type DocumentType = keyof typeof DOCUMENT_LABELS;

export interface UnsignedDocument {
  readonly type: DocumentType;
  readonly tenantId: string;
  readonly issuedAt: Date;
  readonly expiresAt: Date;
  /** Content in wire names. The members that every document has are added and cannot be set here. */
  readonly content: JsonObject;
}

export interface SignedDocument {
  /** Id of the signing key. */
  readonly kid: string;
  /** The document as text between its label lines. */
  readonly text: string;
}

/** Returns the signed bytes: canonical JSON (RFC 8785) in UTF-8, including the document type, the tenant and the key id. */
export function signedBytes({ type, tenantId, issuedAt, expiresAt, content }: UnsignedDocument, kid: string): Buffer {
  if (expiresAt.getTime() - issuedAt.getTime() > MAX_VALIDITY_MS) throw new RangeError('A document is valid too long.');
  const payload = {
    ...content,
    alg: ALGORITHM,
    expires_at: expiresAt.toISOString(),
    format: FORMAT,
    issued_at: issuedAt.toISOString(),
    kid,
    tenant_id: tenantId,
    type,
  };
  return Buffer.from(stableStringify(payload), 'utf8');
}

export interface DocumentKey {
  readonly kid: string;
  readonly privateKey: KeyObject;
}

/** Returns the document as text: signature and signed bytes in base64, 64 characters per line. See docs/license-file.md. */
export function signDocument(document: UnsignedDocument, { kid, privateKey }: DocumentKey): string {
  const bytes = signedBytes(document, kid);
  const body = Buffer.concat([signatureOf(bytes, privateKey), bytes]).toString('base64');
  const label = DOCUMENT_LABELS[document.type];
  return `-----BEGIN ${label}-----\n${(body.match(LINE) ?? []).join('\n')}\n-----END ${label}-----\n`;
}
