import { z } from 'zod';
import { Email } from '../shared/http/email.js';
import { pageParameters } from '../shared/http/paging.js';
import { IdParameter, LanguageTag, ResourceId, text, UuidParameter } from '../shared/http/schema.js';
import { EXAMPLES } from '../shared/examples.js';
import { EMAIL_TEMPLATES } from './email-kinds.js';
import { EMAIL_STATUSES } from './email-message-status.js';

export const EmailTemplateName = z.enum(EMAIL_TEMPLATES).meta({ id: 'EmailTemplateName' });
export type EmailTemplateName = z.infer<typeof EmailTemplateName>;
export const EmailStatus = z.enum(EMAIL_STATUSES).meta({
  id: 'EmailStatus',
  description: 'QUEUED: waits, is being sent, or is tried again at `next_attempt_at`. The others are final.',
});

const value = text(500).refine(
  (given) => !/\p{Cc}/u.test(given),
  'must not contain line breaks and control characters',
);

/** Values of the variables that the sender of a message gives, by name. */
export const EmailVariables = z
  .record(
    z.string().regex(/^[a-z_]{1,40}$/, 'must be the name of a variable'),
    z.union([value, z.array(z.record(z.string().regex(/^[a-z_]{1,40}$/), value)).max(200)]),
  )
  .meta({
    description: 'Values of variables that the template lets its sender give, by name. Text, or a list of objects.',
  });
export type EmailVariables = z.infer<typeof EmailVariables>;

export const SendEmailRequest = z
  .strictObject({
    template: EmailTemplateName,
    license_id: z
      .uuid()
      .optional()
      .meta({ description: 'License that the message is about. Its customer is the recipient.' }),
    customer_id: ResourceId.optional(),
    partner_id: ResourceId.optional(),
    order_id: ResourceId.optional(),
    to: Email.optional().meta({
      description:
        'Recipient. Default: the address of the partner, else of the customer. A message with a license key goes to no other address.',
    }),
    variables: EmailVariables.default({}),
    language: LanguageTag.optional().meta({ description: 'Default: that of the customer, else en.' }),
  })
  .meta({
    id: 'SendEmailRequest',
    examples: [{ template: 'renewal_reminder', license_id: EXAMPLES.licenseId, to: 'jane@example.com' }],
  });
export type SendEmailRequest = z.infer<typeof SendEmailRequest>;

export const ListEmailMessagesRequest = z.strictObject({
  ...pageParameters,
  status: EmailStatus.optional(),
  template: EmailTemplateName.optional(),
  license_id: UuidParameter.optional(),
  customer_id: IdParameter.optional(),
  partner_id: IdParameter.optional(),
  order_id: IdParameter.optional(),
});
export type ListEmailMessagesRequest = z.infer<typeof ListEmailMessagesRequest>;
