import type { ProblemCode } from './next-action.js';

/** Example detail of each code for the OpenAPI document. test/unit/error-texts.spec.ts compares them with the errors. */
export const PROBLEM_DETAILS: Readonly<Record<ProblemCode, string>> = {
  ACTIVATION_LIMIT_REACHED: 'Not enough free seats: 5 of 5 in use. Deactivate a device first.',
  ACTIVATION_NOT_FOUND: 'The license was not activated on this device.',
  API_KEY_INACTIVE: 'The API key 019a5f3e-7c4b-7d21-9a53-0e6f1c2b3d4e is revoked or expired. Create a new one.',
  API_KEY_NOT_FOUND: 'There is no API key 019a5f3e-7c4b-7d21-9a53-0e6f1c2b3d4e.',
  BILLING_EVENT_CONFLICT:
    'The subscription already has another event with the id evt-2001. Each event needs an id of its own.',
  BODY_TOO_LARGE: 'The body is larger than 1 MiB.',
  CLIENT_CLOSED_REQUEST: 'The client closed the connection.',
  CURSOR_MISMATCH:
    'The cursor does not belong to this list with these filters. Use `next_cursor` with the same filters, or begin without a cursor.',
  CUSTOMER_EXISTS: 'There is already a customer customer-001.',
  CUSTOMER_INACTIVE: 'The customer customer-001 is archived. Set `active` to true first.',
  CUSTOMER_NOT_FOUND: 'There is no customer customer-001.',
  DATABASE_BUSY: 'The database is too busy. Nothing was changed; try again shortly.',
  DATABASE_UNAVAILABLE: 'The database is not available. Nothing was changed.',
  EMAIL_LIMIT_REACHED: 'The limit of 1000 e-mail messages per hour is reached. Try again in 60 s.',
  EMAIL_MESSAGE_ERASED:
    'The recipient and content of the e-mail message 019a5f3e-7c4b-7d21-9a53-0e6f1c2b3d4e were erased.',
  EMAIL_MESSAGE_NOT_FOUND: 'There is no e-mail message 019a5f3e-7c4b-7d21-9a53-0e6f1c2b3d4e.',
  EMAIL_MESSAGE_STATE:
    'Action "cancel" is not allowed while the e-mail message 019a5f3e-7c4b-7d21-9a53-0e6f1c2b3d4e is SENT.',
  EMAIL_PARTNER_NOT_FOUND: 'There is no partner partner-001.',
  EMAIL_RECIPIENT_MISSING:
    'There is no address to send to: name `to`, or give the customer or partner an e-mail address.',
  EMAIL_TEMPLATE_NOT_FOUND: 'The tenant has no texts of its own for renewal_reminder in de.',
  EXPECTATION_FAILED: 'Only "Expect: 100-continue" is understood.',
  EXPIRY_TOO_FAR:
    'The license 019a5f3e-7c4b-7d21-9a53-0e6f1c2b3d4e would end after the year 9999, grace period included.',
  FEATURE_UNAVAILABLE: 'The feature exports has expired.',
  GRANT_EXCEEDED: 'You cannot grant permissions that you do not have: tenants:write.',
  HEADERS_TOO_LARGE: 'The headers are larger than 16 KiB.',
  HEARTBEAT_EXPIRED: 'The seat of this device has expired. Activate the device again.',
  HISTORY_TOO_LONG: 'More than 2000 changes were recorded since. Choose a later `as_of`.',
  IDEMPOTENCY_IN_PROGRESS: 'A request with this idempotency key is in progress. Retry shortly.',
  IDEMPOTENCY_KEY_REUSED: 'This idempotency key was used with a different request. Use a new key.',
  IDEMPOTENCY_RESULT_ERASED:
    'The result of the request with this idempotency key was erased with personal data of a customer. Send it with a new key.',
  IDENTITY_PROVIDER_UNAVAILABLE: 'The identity provider cannot be reached, so the token cannot be checked.',
  INTERNAL_ERROR: 'Internal error. Include the X-Request-Id when you report it.',
  LICENSE_FILE_OUTSTANDING:
    'The license 019a5f3e-7c4b-7d21-9a53-0e6f1c2b3d4e cannot end before 2026-12-01T00:00:00.000Z: a license file is valid until then.',
  LICENSE_NOT_TRIAL: 'The license 019a5f3e-7c4b-7d21-9a53-0e6f1c2b3d4e is not a trial.',
  LICENSE_IS_TRIAL: 'The license 019a5f3e-7c4b-7d21-9a53-0e6f1c2b3d4e is a trial. Convert it first.',
  LICENSE_NEVER_EXPIRES: 'The license 019a5f3e-7c4b-7d21-9a53-0e6f1c2b3d4e never expires.',
  LICENSE_NOT_FOUND: 'There is no license 019a5f3e-7c4b-7d21-9a53-0e6f1c2b3d4e.',
  LICENSE_RESTRICTED: 'The license excludes this country.',
  LICENSE_STATE: 'Action "activate" is not allowed while the license 019a5f3e-7c4b-7d21-9a53-0e6f1c2b3d4e is EXPIRED.',
  LICENSE_SUBSCRIBED:
    'The license 019a5f3e-7c4b-7d21-9a53-0e6f1c2b3d4e has the open subscription sub-1001. Unlink that first.',
  LINE_TOO_LONG: 'The line is longer than 16384 bytes.',
  MALFORMED_REQUEST: 'The request cannot be read: an object has a duplicate member.',
  METHOD_NOT_ALLOWED: 'This path does not have the method DELETE. It has: GET, POST.',
  NETWORK_NOT_ALLOWED: 'This API key may not be used from this network.',
  NOT_ACTIVATED: 'The device was deactivated. Activate it to use the license again.',
  NO_ACTIVE_SIGNING_KEY: 'No signing key is active. Create one with POST /v1/signing-keys and activate it.',
  NOT_READY: 'The server is not ready: the database cannot be reached.',
  ONLY_ACTIVE_SIGNING_KEY:
    'Without this key nothing can be signed. Activate another signing key, which retires this one, or send {"force": true}.',
  ORDER_EXISTS: 'There is already an order with the external_id SO-4711.',
  ORDER_LINE_REFUSED: 'Line 2 cannot be fulfilled, so no line was: The license template team-yearly is archived.',
  ORDER_NOT_DUE:
    'The order 019a5f3e-7c4b-7d21-9a53-0e6f1c2b3d55 is fulfilled only once it is approved, as the settings of the tenant say.',
  ORDER_NOT_FOUND: 'There is no order 019a5f3e-7c4b-7d21-9a53-0e6f1c2b3d55.',
  ORDER_STATE:
    'Action "approve" is not allowed while the order 019a5f3e-7c4b-7d21-9a53-0e6f1c2b3d55 is CANCELLED and its payment PENDING.',
  OUTCOME_UNKNOWN:
    'The database connection was lost during the commit. Look whether the change happened before trying again.',
  OVERLOADED: 'The server is overloaded. Nothing was changed; retry shortly.',
  PAYMENT_TOO_HIGH: 'Only 49000 EUR in minor units is due for the order 019a5f3e-7c4b-7d21-9a53-0e6f1c2b3d55.',
  PERMISSION_DENIED: 'Permission licenses:issue is required.',
  PRECONDITION_FAILED: 'The resource is at version 4, not at the version in If-Match. Read it again.',
  PRECONDITION_REQUIRED: 'This tenant requires If-Match, or `version` in a batch line.',
  TEMPLATE_PRODUCT_MISMATCH: 'The license template team-yearly belongs to another product.',
  PRODUCT_EXISTS: 'There is already a product ISP-PRO-001.',
  PRODUCT_INACTIVE: 'The product ISP-PRO-001 is archived.',
  PRODUCT_NOT_FOUND: 'There is no product ISP-PRO-001.',
  QUOTE_EXPIRED:
    'The quote 019a5f3e-7c4b-7d21-9a53-0e6f1c2b3d54 was valid until 2026-12-01T00:00:00.000Z. Create a new one.',
  QUOTE_NOT_FOUND: 'There is no quote 019a5f3e-7c4b-7d21-9a53-0e6f1c2b3d54.',
  QUOTE_STATE: 'Action "accept" is not allowed while the quote 019a5f3e-7c4b-7d21-9a53-0e6f1c2b3d54 is DECLINED.',
  RATE_LIMITED: 'Too many requests. Try again in 30 s.',
  REFUND_TOO_HIGH:
    'Only 49000 EUR in minor units is paid and not refunded for the order 019a5f3e-7c4b-7d21-9a53-0e6f1c2b3d55.',
  REQUEST_TIMEOUT: 'The request did not arrive in time.',
  REVOCATION_LIST_NOT_READY:
    'The revocation list is not signed yet. Try again shortly; it needs an active signing key of the vendor.',
  ROUTE_NOT_FOUND: 'There is no such route. The routes are listed in /openapi.json.',
  SEAT_LENT: 'The seat is held by a license file until 2026-12-01T00:00:00.000Z.',
  SIGNING_KEY_NOT_FOUND: 'There is no signing key 1IG2tMH7.',
  SIGNING_KEY_STATE: 'A signing key that is REVOKED cannot be activated.',
  SUBSCRIPTION_CUSTOMER_MISMATCH:
    'The license 019a5f3e-7c4b-7d21-9a53-0e6f1c2b3d4e and the subscription sub-1001 belong to different customers.',
  SUBSCRIPTION_EXISTS: 'There is already a subscription sub-1001.',
  SUBSCRIPTION_LINKED:
    'The subscription sub-1001 is linked with the license 019a5f3e-7c4b-7d21-9a53-0e6f1c2b3d4e. Unlink it first.',
  SUBSCRIPTION_MANAGED:
    'The license 019a5f3e-7c4b-7d21-9a53-0e6f1c2b3d4e is renewed by its subscription sub-1001, not by itself.',
  SUBSCRIPTION_NOT_FOUND: 'There is no subscription sub-1001.',
  TEMPLATE_EXISTS: 'There is already a license template team-yearly.',
  TEMPLATE_INACTIVE: 'The license template team-yearly is archived.',
  TEMPLATE_IS_TRIAL: 'The license template team-trial is for trials: a license can only be issued from it.',
  TEMPLATE_NAME_TAKEN: 'Another license template is called "Team, yearly".',
  TEMPLATE_NOT_FOUND: 'There is no license template team-yearly.',
  TENANT_EXISTS: 'There is already a tenant tenant-001.',
  TENANT_NOT_FOUND: 'There is no such tenant.',
  TENANT_REQUIRED: 'X-Tenant-Id is required with a platform key.',
  TENANT_SUSPENDED: 'The tenant is suspended.',
  TOO_MANY_CHUNKS: 'The body comes in too many small chunks. Send chunks of 32 bytes or more.',
  TOO_MANY_LINES:
    'A request has at most 10000 lines, empty ones included. This line and all later lines were not processed.',
  TRIAL_ALREADY_USED: 'The customer has already used a trial of this product.',
  TRIAL_NOT_ALLOWED: 'The license template team-yearly allows no trials.',
  UNAUTHENTICATED: 'A valid API key or access token is required: "Authorization: Bearer …".',
  UNSUPPORTED_MEDIA_TYPE: 'Send the body as application/json, or as application/x-ndjson where the route says so.',
  USAGE_EXCEEDED: 'Not enough usage left for exports: 41 of 50 used.',
  USAGE_NOT_HELD: 'Cannot release more of exports than is used (3).',
  VALIDATION_FAILED: 'The request is not valid; see errors.',
  WORKFLOWS_UNAVAILABLE: 'Workflows are not available: WORKFLOWS is off.',
  WORKFLOW_RUN_ENDED: 'The workflow run lead-4711 has ended: it is COMPLETED.',
  WORKFLOW_RUN_EXISTS: 'There is already a workflow run lead-4711 with another workflow or input.',
  WORKFLOW_RUN_NOT_FOUND: 'There is no workflow run lead-4711.',
  WORKFLOW_RUN_STATE: 'The workflow run lead-4711 is RUNNING. Only a run that is STALLED can be retried.',
};
