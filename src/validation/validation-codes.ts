import { nextStep, type NextAction, type NextFacts, type NextStep } from '../shared/http/next-action.js';

/**
 * Failure codes by precedence; the first that applies becomes `code`: caller, license, program, environment, device, features.
 * docs/validation-codes.md gives the remedy of each.
 */
export const FAILURE_CODES = [
  'NOT_FOUND',
  'KEY_REPLACED',
  'TENANT_SUSPENDED',
  'REVOKED',
  'SUSPENDED',
  'NOT_ACTIVE',
  'NOT_STARTED',
  'EXPIRED',
  'PRODUCT_MISMATCH',
  'VERSION_NOT_COVERED',
  'CLOCK_SKEW',
  'COUNTRY_DENIED',
  'DOMAIN_DENIED',
  'IP_DENIED',
  'MAC_DENIED',
  'HARDWARE_DENIED',
  'TIME_DENIED',
  'FINGERPRINT_REQUIRED',
  'DEVICE_BLOCKED',
  'ACTIVATION_LIMIT_REACHED',
  'HEARTBEAT_EXPIRED',
  'NOT_ACTIVATED',
  'FINGERPRINT_MISMATCH',
  'FEATURE_MISSING',
  'FEATURE_EXPIRED',
  'USAGE_EXCEEDED',
] as const;
export type FailureCode = (typeof FAILURE_CODES)[number];

/** Failures of requested features alone: the license itself is valid. */
export const FEATURE_CODES: readonly FailureCode[] = ['FEATURE_MISSING', 'FEATURE_EXPIRED', 'USAGE_EXCEEDED'];

/** Codes of warnings, which do not change the result. */
export const WARNING_CODES = ['KEY_ROTATED'] as const;
export type WarningCode = (typeof WARNING_CODES)[number];

/** Codes of a valid license. */
export const SUCCESS_CODES = ['IN_GRACE', 'VALID'] as const;
export type SuccessCode = (typeof SUCCESS_CODES)[number];

export interface ValidationReason extends NextFacts {
  readonly code: FailureCode;
  readonly detail: string;
}

const ACTIONS: Readonly<Record<FailureCode | SuccessCode | WarningCode, NextAction>> = {
  NOT_FOUND: 'fix_request',
  KEY_REPLACED: 'contact_vendor',
  TENANT_SUSPENDED: 'contact_vendor',
  REVOKED: 'contact_vendor',
  SUSPENDED: 'reinstate',
  NOT_ACTIVE: 'contact_vendor',
  // `next` becomes `activate` if the first activation starts the license.
  NOT_STARTED: 'retry',
  EXPIRED: 'renew',
  PRODUCT_MISMATCH: 'fix_request',
  VERSION_NOT_COVERED: 'renew',
  CLOCK_SKEW: 'update_clock',
  COUNTRY_DENIED: 'contact_vendor',
  DOMAIN_DENIED: 'contact_vendor',
  IP_DENIED: 'contact_vendor',
  MAC_DENIED: 'contact_vendor',
  HARDWARE_DENIED: 'contact_vendor',
  TIME_DENIED: 'retry',
  FINGERPRINT_REQUIRED: 'fix_request',
  DEVICE_BLOCKED: 'contact_vendor',
  HEARTBEAT_EXPIRED: 'activate',
  FINGERPRINT_MISMATCH: 'activate',
  NOT_ACTIVATED: 'activate',
  ACTIVATION_LIMIT_REACHED: 'deactivate_device',
  FEATURE_MISSING: 'contact_vendor',
  FEATURE_EXPIRED: 'contact_vendor',
  // `next` becomes `retry` if the usage is reset at a known time.
  USAGE_EXCEEDED: 'contact_vendor',
  IN_GRACE: 'renew',
  VALID: 'none',
  KEY_ROTATED: 'contact_vendor',
};

export function nextAfter(code: FailureCode | SuccessCode | WarningCode, facts?: NextFacts): NextStep {
  return nextStep(ACTIONS[code], facts);
}

/** Returns the reason in its wire form. */
export function toReasonResponse(reason: ValidationReason) {
  return { code: reason.code, detail: reason.detail, next: nextAfter(reason.code, reason) };
}

export function byPrecedence(reasons: readonly ValidationReason[]): ValidationReason[] {
  return [...reasons].sort((a, b) => FAILURE_CODES.indexOf(a.code) - FAILURE_CODES.indexOf(b.code));
}

/** Returns the warnings about the license key that was presented, in their wire form. */
export function keyWarnings({ keyValidUntil }: { readonly keyValidUntil?: Date | null | undefined }) {
  if (!keyValidUntil) return [];
  const detail = `Another license key replaced this one, which works until ${keyValidUntil.toISOString()}.`;
  return [{ code: 'KEY_ROTATED' as const, detail, next: nextAfter('KEY_ROTATED') }];
}
