/**
 * Every answer of `validate`, in the order in which the first that applies becomes `code`: who asks, then the license, then
 * the program, then where it runs, then the device, then the features. docs/validation-codes.md says what to do about each.
 */
export const FAILURE_CODES = [
  'NOT_FOUND',
  'TENANT_SUSPENDED',
  'REVOKED',
  'SUSPENDED',
  'NOT_ACTIVE',
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
  'HEARTBEAT_EXPIRED',
  'FINGERPRINT_MISMATCH',
  'NOT_ACTIVATED',
  'ACTIVATION_LIMIT_REACHED',
  'FEATURE_MISSING',
  'FEATURE_EXPIRED',
  'USAGE_EXCEEDED',
] as const;
export type FailureCode = (typeof FAILURE_CODES)[number];

/** What is wrong with the features alone that were asked for: the license itself may be used. */
export const FEATURE_CODES: readonly FailureCode[] = ['FEATURE_MISSING', 'FEATURE_EXPIRED', 'USAGE_EXCEEDED'];

/** The license may be used. */
export const SUCCESS_CODES = ['IN_GRACE', 'VALID'] as const;
export type SuccessCode = (typeof SUCCESS_CODES)[number];

export interface Reason {
  readonly code: FailureCode;
  readonly detail: string;
}

export function inOrder(reasons: readonly Reason[]): Reason[] {
  return [...reasons].sort((a, b) => FAILURE_CODES.indexOf(a.code) - FAILURE_CODES.indexOf(b.code));
}
