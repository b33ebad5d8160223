import { z } from 'zod';
import { EXAMPLES } from '../../shared/examples.js';
import { Email } from '../../shared/http/email.js';
import { pageParameters } from '../../shared/http/paging.js';
import { text, UuidParameter } from '../../shared/http/schema.js';

const MAX_CODE_LENGTH = 200;

// No default, which would change the digest of stored requests.
const sendEmail = z.boolean().optional().meta({
  description:
    'Send the code by the e-mail `partner_welcome`, and do not return it. Also requires `emails:send`. The code is made when the message is sent, and by each further attempt.',
});

export const CreateInvitationRequest = z
  .strictObject({
    partner_id: z.uuid(),
    // No default, because the address of the partner may change.
    email: Email.optional().meta({ description: 'Address of the recipient. Default: that of the partner.' }),
    send_email: sendEmail,
  })
  .meta({ id: 'CreateInvitationRequest', examples: [{ partner_id: EXAMPLES.partnerId, email: 'jane@example.com' }] });
export type CreateInvitationRequest = z.infer<typeof CreateInvitationRequest>;

export const ResendInvitationRequest = z
  .strictObject({ send_email: sendEmail })
  .meta({ id: 'ResendInvitationRequest', examples: [{}] });
export type ResendInvitationRequest = z.infer<typeof ResendInvitationRequest>;

export const RedeemInvitationRequest = z
  .strictObject({
    code: z.string().min(1).max(MAX_CODE_LENGTH),
    name: text(100).default('partner').meta({ description: 'Name of the API key.' }),
  })
  .meta({ id: 'RedeemInvitationRequest', examples: [{ code: EXAMPLES.invitationCode, name: 'web shop' }] });
export type RedeemInvitationRequest = z.infer<typeof RedeemInvitationRequest>;

export const ListInvitationsRequest = z.strictObject({ ...pageParameters, partner_id: UuidParameter.optional() });
export type ListInvitationsRequest = z.infer<typeof ListInvitationsRequest>;
