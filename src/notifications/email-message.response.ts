import { z } from 'zod';
import { UtcTime } from '../shared/http/schema.js';
import { pageOf } from '../shared/http/paging.js';
import { ATTEMPT_OUTCOMES, EMAIL_REASONS } from './email-message-status.js';
import type { EmailContent, EmailMessage } from './email-message.entity.js';
import { EmailStatus, EmailTemplateName } from './email-message.requests.js';

export const EmailMessageResponse = z
  .object({
    email_message_id: z.uuid(),
    tenant_id: z.string(),
    template: EmailTemplateName,
    language: z.string().nullable().meta({ description: 'Language of the texts. Null after an erasure.' }),
    to: z.string().nullable().meta({ description: 'Recipient. Null after an erasure.' }),
    license_id: z.uuid().nullable(),
    customer_id: z.string().nullable(),
    partner_id: z.string().nullable(),
    order_id: z.string().nullable(),
    invitation_id: z.uuid().nullable().meta({ description: 'Invitation whose code the message brings.' }),
    resend_of: z.uuid().nullable().meta({ description: 'Message that this one repeats.' }),
    status: EmailStatus,
    reason: z
      .enum(EMAIL_REASONS)
      .meta({ id: 'EmailReason' })
      .nullable()
      .meta({ description: 'Why the message waits, or ended without being sent.' }),
    attempt_count: z.int().meta({ description: 'Attempts that were begun.' }),
    next_attempt_at: UtcTime.nullable().meta({ description: 'Null once the status is final.' }),
    message_id: z.string().nullable().meta({
      description:
        'Message-ID of every attempt; of the last one, if the message brings an invitation. Null before the first one.',
    }),
    sent_at: UtcTime.nullable(),
    expires_at: UtcTime.meta({ description: 'A message that still waits then becomes EXPIRED.' }),
    version: z.int(),
    created_at: UtcTime,
    updated_at: UtcTime,
  })
  .meta({ id: 'EmailMessage', description: 'The e-mail message.' });
export type EmailMessageResponse = z.infer<typeof EmailMessageResponse>;

export const EmailAttempt = z
  .object({
    number: z.int(),
    outcome: z.enum(ATTEMPT_OUTCOMES).meta({ id: 'EmailAttemptOutcome' }).nullable().meta({
      description: 'Null while the attempt runs. UNKNOWN: its process ended before the answer was recorded.',
    }),
    response_code: z.int().nullable().meta({ description: 'Reply code of the relay.' }),
    response: z.string().nullable().meta({ description: 'Reply of the relay, or the failure of the connection.' }),
    started_at: UtcTime,
    ended_at: UtcTime.nullable(),
  })
  .meta({ id: 'EmailAttempt' });
export type EmailAttempt = z.infer<typeof EmailAttempt>;

export const EmailMessageWithAttempts = EmailMessageResponse.extend({
  attempts: z.array(EmailAttempt).meta({ description: 'The last 100 attempts, in their order.' }),
}).meta({ id: 'EmailMessageWithAttempts', description: 'The e-mail message with its attempts.' });
export type EmailMessageWithAttempts = z.infer<typeof EmailMessageWithAttempts>;

export const EmailMessagePage = pageOf(EmailMessageResponse).meta({ id: 'EmailMessagePage' });
export type EmailMessagePage = z.infer<typeof EmailMessagePage>;

/** Result of a command that queues a message: an id alone, so that results kept elsewhere hold no personal data. */
export const QueuedEmail = z
  .object({ email_message_id: z.uuid() })
  .meta({ id: 'QueuedEmail', description: 'Id of the message, which is sent in the background.' });
export type QueuedEmail = z.infer<typeof QueuedEmail>;

export function toEmailMessageResponse(message: EmailMessage, content: EmailContent | null): EmailMessageResponse {
  return {
    email_message_id: message.emailMessageId,
    tenant_id: message.tenantId,
    template: message.template,
    language: content?.language ?? null,
    to: content?.to ?? null,
    license_id: message.licenseId,
    customer_id: message.customerId,
    partner_id: message.partnerId,
    order_id: message.orderId,
    invitation_id: message.invitationId,
    resend_of: message.resendOf,
    status: message.status,
    reason: message.reason,
    attempt_count: message.attemptCount,
    next_attempt_at: message.status === 'QUEUED' ? message.nextAttemptAt.toISOString() : null,
    message_id: message.messageId,
    sent_at: message.sentAt?.toISOString() ?? null,
    expires_at: message.expiresAt.toISOString(),
    version: message.version,
    created_at: message.createdAt.toISOString(),
    updated_at: message.updatedAt.toISOString(),
  };
}
