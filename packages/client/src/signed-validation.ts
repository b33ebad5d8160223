import { toBase64Url, utf8 } from './bytes.js';
import { canonicalize, type Json } from './canonical.js';
import { sha256 } from './ed25519.js';
import type { Activation } from './heartbeat.js';
import { openDocument, type SignedDocument, type Trust } from './signed-document.js';
import type { NextStep } from './next.js';
import { checkFeatures, checkContext, type VerificationContext } from './verification.js';

/** A feature with its availability and usage. */
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

/** Input of a validation, as documented by the server. */
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

/** Result of a validation; the server's documentation lists the codes. */
export interface Validation {
  readonly valid: boolean;
  readonly code: string;
  readonly detail: string;
  /** Next step after `code`. */
  readonly next: NextStep;
  readonly reasons: readonly Reason[];
  /** Facts that do not change the result, such as a license key that was replaced. */
  readonly warnings?: readonly Reason[];
  readonly entitlements: readonly Entitlement[];
  /** The result as a signed document, if keys are pinned. */
  readonly proof?: string | null;
}

/** A signed result of a validation. Times are ISO 8601 in UTC. */
export interface SignedValidation extends SignedDocument {
  readonly type: 'validation';
  readonly valid: boolean;
  readonly code: string;
  readonly reasons: readonly Reason[];
  /** Facts that do not change the result, such as a license key that was replaced. Absent: none. */
  readonly warnings?: readonly Reason[];
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
  /** Time until which the result is fresh; until `expires_at` it is valid while the server is unreachable. */
  readonly refresh_at: string;
}

/** Failures of requested features alone: the license itself is valid. */
const OF_FEATURES: readonly string[] = ['FEATURE_MISSING', 'FEATURE_EXPIRED', 'USAGE_EXCEEDED'];

export async function openAnswer(text: string, trust: Trust): Promise<SignedValidation> {
  return (await openDocument(text, 'validation', trust)) as SignedValidation;
}

/**
 * Returns the result if a trusted key signed it, for this device and product, it is valid, and all of `features` are usable. Throws
 * LicenseError. The caller compares `nonce` and `question`.
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

/** Returns whether the license is valid, whatever the state of its features. */
export function isUsable({ reasons }: SignedValidation): boolean {
  return reasons.every(({ code }) => OF_FEATURES.includes(code));
}

export function isProvenBy(validation: Validation, proof: SignedValidation): boolean {
  const spell = ({ valid, code, reasons, warnings = [], entitlements }: Validation | SignedValidation) =>
    canonicalize([valid, code, reasons, warnings, entitlements] as Json[]);
  return spell(validation) === spell(proof);
}

/** Returns whether the proof says that the device has this seat, with the same warnings. */
export function isSeatProvenBy({ warnings, ...seat }: Activation, proof: SignedValidation): boolean {
  const spell = (facts: unknown[]) => canonicalize(facts as Json[]);
  const { activation_id = null, status = null } = proof.activation ?? {};
  const signed = spell([proof.license_id, activation_id, status, proof.warnings ?? []]);
  return spell([seat.license_id, seat.activation_id, 'ACTIVE', warnings ?? []]) === signed;
}

/** Returns whether the requests are equal except for the device time, the informational version, and the features. */
export function isSameRequest(one: ValidationRequest, other: ValidationRequest): boolean {
  const words = ({ product_id, domain, mac, hardware_id }: ValidationRequest) =>
    JSON.stringify([product_id ?? null, domain ?? null, mac ?? null, hardware_id ?? null]);
  const release = ({ released_at }: ValidationRequest) => (released_at === undefined ? 0 : Date.parse(released_at));
  return words(one) === words(other) && release(one) === release(other);
}

/** Returns a unique nonce that depends on the license key, so that a result for one key is none for another. */
export async function nonceFor(licenseKey: string, salt = randomText()): Promise<string> {
  return `${salt}.${toBase64Url(await sha256(utf8(`${salt}.${licenseKey}`)))}`;
}

export async function isNonceFor(licenseKey: string, nonce: string | null): Promise<boolean> {
  return nonce === (await nonceFor(licenseKey, nonce?.split('.')[0]));
}

function randomText(): string {
  return toBase64Url(globalThis.crypto.getRandomValues(new Uint8Array(16)));
}
