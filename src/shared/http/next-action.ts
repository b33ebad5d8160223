import { z } from 'zod';
import { UtcTime } from './schema.js';

/** The closed list of next steps after a refusal; docs/next-actions.md describes each. */
export const NEXT_ACTIONS = [
  'activate',
  'deactivate_device',
  'replace_device',
  'renew',
  'reinstate',
  'contact_vendor',
  'retry',
  'fix_request',
  'update_clock',
  'sign_in',
  'none',
] as const;

export const NextAction = z.enum(NEXT_ACTIONS).meta({
  id: 'NextAction',
  description: 'Next step for the sender of the request. Closed list, see docs/next-actions.md.',
});
export type NextAction = z.infer<typeof NextAction>;

export const NextStep = z
  .object({
    action: NextAction,
    after: UtcTime.optional().meta({ description: 'Earliest time at which the action can succeed. Absent: now.' }),
    count: z.int().min(1).optional().meta({ description: 'Number of devices to deactivate.' }),
  })
  .meta({ id: 'NextStep' });
export type NextStep = z.infer<typeof NextStep>;

/** Facts of an error or validation reason that make its next step more precise than the action of its code. */
export interface NextFacts {
  readonly nextAction?: NextAction | undefined;
  readonly deactivateCount?: number | undefined;
  /** Expiry of a license file that holds a seat. */
  readonly heldUntil?: Date | null | undefined;
  readonly retryAt?: Date | null | undefined;
  readonly retryAfterS?: number | undefined;
}

/** Returns the next step of a problem or reason. Without `now`, `retryAfterS` adds no `after`; it is only in Retry-After. */
export function nextStep(action: NextAction, facts: NextFacts = {}, now?: Date): NextStep {
  const { retryAfterS, deactivateCount: count } = facts;
  // Without a device to deactivate, only the expiry of a license file frees a seat.
  const byDefault = count === 0 && facts.heldUntil ? 'retry' : action;
  const wait = now && retryAfterS !== undefined ? new Date(now.getTime() + retryAfterS * 1_000) : undefined;
  const after = facts.retryAt ?? facts.heldUntil ?? wait;
  return {
    action: facts.nextAction ?? byDefault,
    ...(after && { after: after.toISOString() }),
    ...(count !== undefined && count > 0 && { count }),
  };
}

/** Every problem code of the API with its action, as seen by the sender of the request. */
export const PROBLEM_ACTIONS = {
  // The error overrides it with `replace_device` if it contains devices to replace.
  ACTIVATION_LIMIT_REACHED: 'deactivate_device',
  ACTIVATION_NOT_FOUND: 'activate',
  API_KEY_INACTIVE: 'fix_request',
  API_KEY_NOT_FOUND: 'fix_request',
  BILLING_EVENT_CONFLICT: 'fix_request',
  BLOCKED_DEVICE_NOT_FOUND: 'fix_request',
  BODY_TOO_LARGE: 'fix_request',
  CLIENT_CLOSED_REQUEST: 'retry',
  CURSOR_MISMATCH: 'fix_request',
  CUSTOMER_EXISTS: 'fix_request',
  CUSTOMER_INACTIVE: 'fix_request',
  CUSTOMER_NOTE_NOT_FOUND: 'fix_request',
  CUSTOMER_NOT_FOUND: 'fix_request',
  DATABASE_BUSY: 'retry',
  DATABASE_UNAVAILABLE: 'retry',
  DEACTIVATION_LIMIT_REACHED: 'retry',
  DEVICE_BLOCKED: 'contact_vendor',
  EMAIL_LIMIT_REACHED: 'retry',
  EMAIL_MESSAGE_ERASED: 'none',
  EMAIL_MESSAGE_NOT_FOUND: 'fix_request',
  EMAIL_MESSAGE_STATE: 'none',
  EMAIL_PARTNER_NOT_FOUND: 'fix_request',
  EMAIL_RECIPIENT_MISSING: 'fix_request',
  EMAIL_TEMPLATE_NOT_FOUND: 'fix_request',
  EXPECTATION_FAILED: 'fix_request',
  EXPIRY_TOO_FAR: 'fix_request',
  FEATURE_UNAVAILABLE: 'contact_vendor',
  FILTER_NOT_DECLARED: 'fix_request',
  FILTER_NOT_READY: 'retry',
  FOREIGN_KEYS_EXIST: 'fix_request',
  FOREIGN_ORIGIN: 'none',
  GRANT_EXCEEDED: 'fix_request',
  HEADERS_TOO_LARGE: 'fix_request',
  HEARTBEAT_EXPIRED: 'activate',
  HISTORY_TOO_LONG: 'fix_request',
  IDEMPOTENCY_IN_PROGRESS: 'retry',
  IDEMPOTENCY_KEY_REUSED: 'fix_request',
  IDEMPOTENCY_RESULT_ERASED: 'fix_request',
  IDENTITY_PROVIDER_UNAVAILABLE: 'retry',
  INSECURE_CONNECTION: 'fix_request',
  IMPORT_CONFLICT: 'fix_request',
  INTERNAL_ERROR: 'retry',
  INVITATION_NOT_FOUND: 'contact_vendor',
  INVITATION_STATE: 'fix_request',
  KEY_OVERLAP_RUNNING: 'retry',
  KEY_REPLACED: 'contact_vendor',
  LICENSE_FILE_OUTSTANDING: 'retry',
  LICENSE_NOT_TRIAL: 'none',
  LICENSE_IS_TRIAL: 'fix_request',
  LICENSE_NEVER_EXPIRES: 'none',
  LICENSE_NOT_FOUND: 'fix_request',
  // The error overrides it with the action of its first reason.
  LICENSE_RESTRICTED: 'contact_vendor',
  // The error overrides it with the action of the license state.
  LICENSE_STATE: 'contact_vendor',
  LICENSE_SUBSCRIBED: 'fix_request',
  LINE_TOO_LONG: 'fix_request',
  MALFORMED_REQUEST: 'fix_request',
  METHOD_NOT_ALLOWED: 'fix_request',
  NETWORK_NOT_ALLOWED: 'contact_vendor',
  NOT_ACTIVATED: 'activate',
  NO_ACTIVE_SIGNING_KEY: 'contact_vendor',
  NOT_READY: 'retry',
  OIDC_NOT_CONFIGURED: 'fix_request',
  ONLY_ACTIVE_SIGNING_KEY: 'fix_request',
  ORDER_EXISTS: 'fix_request',
  ORDER_LINE_REFUSED: 'fix_request',
  ORDER_NOT_DUE: 'contact_vendor',
  ORDER_NOT_FOUND: 'fix_request',
  ORDER_STATE: 'none',
  OUTCOME_UNKNOWN: 'retry',
  OVERLOADED: 'retry',
  PAYMENT_TOO_HIGH: 'fix_request',
  PARTNER_NOT_APPROVED: 'contact_vendor',
  PARTNER_NOT_FOUND: 'fix_request',
  PARTNER_STATE: 'fix_request',
  PERMISSION_DENIED: 'contact_vendor',
  POOL_EXHAUSTED: 'contact_vendor',
  POOL_EXPIRED: 'contact_vendor',
  POOL_NOT_ALLOWED: 'contact_vendor',
  POOL_NOT_FOUND: 'fix_request',
  POOL_REQUIRED: 'fix_request',
  POOL_TEMPLATE_MISMATCH: 'fix_request',
  PRECONDITION_FAILED: 'fix_request',
  PRECONDITION_REQUIRED: 'fix_request',
  RECENT_SIGN_IN_REQUIRED: 'sign_in',
  SESSION_NOT_FOUND: 'fix_request',
  TEMPLATE_PRODUCT_MISMATCH: 'fix_request',
  PRODUCT_EXISTS: 'fix_request',
  PRODUCT_INACTIVE: 'fix_request',
  PRODUCT_NOT_FOUND: 'fix_request',
  QUOTE_EXPIRED: 'fix_request',
  QUOTE_NOT_FOUND: 'fix_request',
  QUOTE_STATE: 'none',
  RATE_LIMITED: 'retry',
  REFUND_TOO_HIGH: 'fix_request',
  REPLACEMENT_TOKEN_INVALID: 'activate',
  REQUEST_TIMEOUT: 'retry',
  REVOCATION_LIST_NOT_READY: 'retry',
  ROUTE_NOT_FOUND: 'fix_request',
  SEAT_LENT: 'retry',
  SIGNING_KEY_NOT_FOUND: 'fix_request',
  SIGNING_KEY_STATE: 'fix_request',
  SUBSCRIPTION_CUSTOMER_MISMATCH: 'fix_request',
  SUBSCRIPTION_EXISTS: 'fix_request',
  SUBSCRIPTION_LINKED: 'fix_request',
  SUBSCRIPTION_MANAGED: 'fix_request',
  SUBSCRIPTION_NOT_FOUND: 'fix_request',
  TEMPLATE_EXISTS: 'fix_request',
  TEMPLATE_INACTIVE: 'fix_request',
  TEMPLATE_IS_TRIAL: 'fix_request',
  TEMPLATE_NAME_TAKEN: 'fix_request',
  TEMPLATE_NOT_FOUND: 'fix_request',
  TENANT_EXISTS: 'fix_request',
  TENANT_NOT_FOUND: 'fix_request',
  TENANT_REQUIRED: 'fix_request',
  TENANT_SUSPENDED: 'contact_vendor',
  TOO_MANY_CHUNKS: 'fix_request',
  TOO_MANY_LINES: 'fix_request',
  TRIAL_ALREADY_USED: 'fix_request',
  TRIAL_NOT_ALLOWED: 'fix_request',
  UNAUTHENTICATED: 'sign_in',
  UNSUPPORTED_MEDIA_TYPE: 'fix_request',
  // The error overrides it with `retry` if the usage is reset at a known time.
  USAGE_EXCEEDED: 'contact_vendor',
  USAGE_NOT_HELD: 'fix_request',
  VALIDATION_FAILED: 'fix_request',
  WORKFLOWS_UNAVAILABLE: 'retry',
  WORKFLOW_RUN_ENDED: 'fix_request',
  WORKFLOW_RUN_EXISTS: 'fix_request',
  WORKFLOW_RUN_NOT_FOUND: 'fix_request',
  WORKFLOW_RUN_STATE: 'fix_request',
} as const satisfies Readonly<Record<string, NextAction>>;

export type ProblemCode = keyof typeof PROBLEM_ACTIONS;

export function isProblemCode(code: string): code is ProblemCode {
  return Object.hasOwn(PROBLEM_ACTIONS, code);
}
