/** QUEUED: waits, is being sent, or is tried again. The others are final. */
export const EMAIL_STATUSES = ['QUEUED', 'SENT', 'FAILED', 'CANCELLED', 'EXPIRED'] as const;
export type EmailStatus = (typeof EMAIL_STATUSES)[number];

/** Why a message waits, or why it ended without being sent. */
export const EMAIL_REASONS = [
  'SMTP_NOT_CONFIGURED',
  'PUBLIC_URL_NOT_CONFIGURED',
  'RELAY_UNREACHABLE',
  'RELAY_DEFERRED',
  'RELAY_REFUSED',
  'ATTEMPT_INTERRUPTED',
  'RECIPIENT_MISSING',
  'RECIPIENT_CHANGED',
  'KEY_NOT_PERMITTED',
  'LICENSE_CHANGED',
  'INVITATION_ENDED',
  'CONTENT_ERASED',
  'CANCELLED_BY_REQUEST',
  'WAITED_TOO_LONG',
] as const;
export type EmailReason = (typeof EMAIL_REASONS)[number];

/** UNKNOWN: the process ended before it could record the answer, so that the message is sent again with its Message-ID. */
export const ATTEMPT_OUTCOMES = ['SENT', 'DEFERRED', 'REFUSED', 'UNREACHABLE', 'UNKNOWN'] as const;
export type AttemptOutcome = (typeof ATTEMPT_OUTCOMES)[number];
