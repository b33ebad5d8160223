import { z } from 'zod';
import { pageOf } from '../../shared/http/paging.js';
import { UtcTime } from '../../shared/http/schema.js';
import type { PartnerInvitation } from './invitation.entity.js';
import { INVITATION_STATUSES } from './invitation-status.js';

export const InvitationResponse = z
  .object({
    invitation_id: z.uuid(),
    tenant_id: z.string(),
    partner_id: z.uuid(),
    email: z.string().nullable(),
    status: z.enum(INVITATION_STATUSES).meta({ id: 'InvitationStatus' }),
    expires_at: UtcTime,
    redeemed_at: UtcTime.nullable(),
    withdrawn_at: UtcTime.nullable(),
    api_key_id: z.uuid().nullable().meta({ description: 'API key that the invitation made.' }),
    version: z.int(),
    created_at: UtcTime,
    updated_at: UtcTime,
  })
  .meta({ id: 'PartnerInvitation', description: 'The invitation, without its code.' });
export type InvitationResponse = z.infer<typeof InvitationResponse>;

export const IssuedInvitation = InvitationResponse.extend({
  code: z.string().nullable().meta({
    description:
      'Code for `redeemPartnerInvitation`, which is returned only once: null in the answer to a repeated request, and if it is sent by e-mail.',
  }),
  link: z.string().nullable().meta({
    description:
      'Link under the setting PUBLIC_URL with the code in its fragment. Null without that setting or a code.',
  }),
  email_message_id: z
    .uuid()
    .nullable()
    .meta({ description: 'Message that brings the code. Null without `send_email`.' }),
}).meta({ id: 'IssuedPartnerInvitation', description: 'The invitation with its code.' });
export type IssuedInvitation = z.infer<typeof IssuedInvitation>;

export const InvitationPage = pageOf(InvitationResponse).meta({ id: 'PartnerInvitationPage' });
export type InvitationPage = z.infer<typeof InvitationPage>;

export function toInvitationResponse(invitation: PartnerInvitation, now: Date): InvitationResponse {
  return {
    invitation_id: invitation.invitationId,
    tenant_id: invitation.tenantId,
    partner_id: invitation.partnerId,
    email: invitation.email,
    status: invitation.statusAt(now),
    expires_at: invitation.expiresAt.toISOString(),
    redeemed_at: invitation.redeemedAt?.toISOString() ?? null,
    withdrawn_at: invitation.withdrawnAt?.toISOString() ?? null,
    api_key_id: invitation.apiKeyId,
    version: invitation.version,
    created_at: invitation.createdAt.toISOString(),
    updated_at: invitation.updatedAt.toISOString(),
  };
}

/** The code is in the fragment, which a browser does not send, so that no log of a server has it. */
export function codeAndLink(code: string, publicUrl: string | undefined): Pick<IssuedInvitation, 'code' | 'link'> {
  return { code, link: publicUrl === undefined ? null : `${publicUrl}/partner-invitation#${code}` };
}
