import type { Actor } from '../../shared/access/actor.js';
import { IntegrationEvent } from '../../shared/messaging/integration-event.js';

/** Identity of an invitation. */
interface InvitationKey {
  readonly invitationId: string;
  readonly partnerId: string;
}

abstract class InvitationEvent extends IntegrationEvent {
  constructor(actor: Actor, now: Date, { invitationId, partnerId }: InvitationKey, apiKeyId?: string) {
    super(
      actor,
      now,
      { resourceType: 'partner_invitation', resourceId: invitationId, partnerId },
      { partner_id: partnerId, ...(apiKeyId !== undefined && { api_key_id: apiKeyId }) },
    );
  }
}

export class PartnerInvitationCreatedEvent extends InvitationEvent {
  readonly type = 'partner_invitation.created';
}

export class PartnerInvitationResentEvent extends InvitationEvent {
  readonly type = 'partner_invitation.resent';
}

/** An attempt to send the e-mail gave the invitation a new code. */
export class PartnerInvitationSentEvent extends InvitationEvent {
  readonly type = 'partner_invitation.sent';
}

export class PartnerInvitationWithdrawnEvent extends InvitationEvent {
  readonly type = 'partner_invitation.withdrawn';
}

/** The time of the invitation ended. */
export class PartnerInvitationExpiredEvent extends InvitationEvent {
  readonly type = 'partner_invitation.expired';
}

/** The invitation made an API key of the partner. */
export class PartnerInvitationRedeemedEvent extends InvitationEvent {
  readonly type = 'partner_invitation.redeemed';
}
