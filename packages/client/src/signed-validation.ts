import { toBase64Url, utf8 } from './bytes.js';
import { canonicalize, type Json } from './canonical.js';
import { sha256 } from './ed25519.js';
import { openDocument, type SignedDocument, type Trust } from './signed-document.js';
import type { NextStep } from './next.js';
import { checkFeatures, checkContext, type VerificationContext } from './verification.js';

/** A feature, and how much of it was left. */
export interface Entitlement {
  readonly feature_id: string;
  readonly feature_name: string;
  readonly available: boolean;
  readonly enabled: boolean;
  readonly expires_at: string | null;
  readonly limit_type: string | null;
  readonly limit_value: number | null;
  readonly reset_period: string | null;
  readonly used: number;
  readonly remaining: number | null;
  readonly resets_at: string | null;
}

/** What a program may ask; the server's documentation says what each of it means. */
export interface ValidationRequest {
  readonly product_id?: string;
  readonly version?: string;
  readonly released_at?: string;
  readonly features?: readonly string[];
  readonly client_time?: string;
  readonly domain?: string;
  readonly mac?: string;
  readonly hardware_id?: string;
}

export interface Reason {
  readonly code: string;
  readonly detail: string;
  readonly next: NextStep;
}

/** What the server says; see its documentation for `code`. */
export interface Validation {
  readonly valid: boolean;
  readonly code: string;
  readonly detail: string;
  /** Next step after `code`. */
  readonly next: NextStep;
  readonly reasons: readonly Reason[];
  readonly entitlements: readonly Entitlement[];
  /** The same, signed: where keys are pinned. */
  readonly proof?: string | null;
}

/** What the server said, and signed. Times are ISO 8601 in UTC. */
export interface SignedValidation extends SignedDocument {
  readonly type: 'validation';
  readonly valid: boolean;
  readonly code: string;
  readonly reasons: readonly Reason[];
  readonly license_id: string;
  readonly product_id: string;
  readonly device: { readonly fingerprint: string } | null;
  readonly activation: {
    readonly activation_id: string;
    readonly status: string;
    readonly lease_expires_at: string | null;
  } | null;
  readonly entitlements: readonly Entitlement[];
  readonly question: ValidationRequest;
  readonly nonce: string | null;
  /** Until then it is fresh; from then until `expires_at` it is good where the server cannot be asked. */
  readonly refresh_at: string;
}

/** What is wrong with the features alone that were asked for: the license itself is good. */
const OF_FEATURES: readonly string[] = ['FEATURE_MISSING', 'FEATURE_EXPIRED', 'USAGE_EXCEEDED'];

export async function openAnswer(text: string, trust: Trust): Promise<SignedValidation> {
  return (await openDocument(text, 'validation', trust)) as SignedValidation;
}

/**
 * The answer, if a trusted key signed it, for this device and product, it is good now, and it says of each of `features` that
 * it may be used. Throws LicenseError. Whose question it answers is for the caller to compare: `nonce`, `question`.
 */
export async function verifySignedValidation(
  text: string,
  use: VerificationContext,
  features: readonly string[] = [],
): Promise<SignedValidation> {
  const answer = await openAnswer(text, use);
  await checkContext(answer, use);
  checkFeatures(answer.entitlements, features, use.now ?? Date.now());
  return answer;
}

/** The license may be used, whatever was asked of its features. */
export function isUsable({ reasons }: SignedValidation): boolean {
  return reasons.every(({ code }) => OF_FEATURES.includes(code));
}

export function isProvenBy({ valid, code, reasons, entitlements }: Validation, proof: SignedValidation): boolean {
  const spell = (...facts: unknown[]) => canonicalize(facts as Json[]);
  const signed = spell(proof.valid, proof.code, proof.reasons, proof.entitlements);
  return spell(valid, code, reasons, entitlements) === signed;
}

/** Whether an answer to the one is an answer to the other, as far as that is not a matter of the time or the features. */
export function isSameRequest(one: ValidationRequest, other: ValidationRequest): boolean {
  const words = ({ product_id, domain, mac, hardware_id }: ValidationRequest) =>
    JSON.stringify([product_id ?? null, domain ?? null, mac ?? null, hardware_id ?? null]);
  const release = ({ released_at }: ValidationRequest) => (released_at === undefined ? 0 : Date.parse(released_at));
  return words(one) === words(other) && release(one) === release(other);
}

/** Never the same twice, and made from the license key: an answer about one key is none about another. */
export async function nonceFor(licenseKey: string, salt = randomText()): Promise<string> {
  return `${salt}.${toBase64Url(await sha256(utf8(`${salt}.${licenseKey}`)))}`;
}

export async function isNonceFor(licenseKey: string, nonce: string | null): Promise<boolean> {
  return nonce === (await nonceFor(licenseKey, nonce?.split('.')[0]));
}

function randomText(): string {
  return toBase64Url(globalThis.crypto.getRandomValues(new Uint8Array(16)));
}
