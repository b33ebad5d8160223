import type { Actor } from '../../shared/access/actor.js';
import { reasonCode, reasonText, type RecordedReason } from '../../shared/messaging/recorded-reason.js';
import type { JsonObject } from '../../shared/json.js';
import { IntegrationEvent } from '../../shared/messaging/integration-event.js';

/** Identity of an invitation. */
interface InvitationKey {
  readonly invitationId: string;
  readonly partnerId: string;
}

abstract class InvitationEvent extends IntegrationEvent {
  constructor(
    actor: Actor,
    now: Date,
    { invitationId, partnerId }: InvitationKey,
    data: JsonObject = {},
    personal: JsonObject | null = null,
  ) {
    const resource = { resourceType: 'partner_invitation', resourceId: invitationId, partnerId };
    super(actor, now, resource, { partner_id: partnerId, ...data }, personal);
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

  constructor(actor: Actor, now: Date, invitation: InvitationKey, reason?: RecordedReason) {
    super(actor, now, invitation, reasonCode(reason), reasonText(reason));
  }
}

/** The time of the invitation ended. */
export class PartnerInvitationExpiredEvent extends InvitationEvent {
  readonly type = 'partner_invitation.expired';
}

/** The invitation made an API key of the partner. */
export class PartnerInvitationRedeemedEvent extends InvitationEvent {
  readonly type = 'partner_invitation.redeemed';

  constructor(actor: Actor, now: Date, invitation: InvitationKey, apiKeyId: string) {
    super(actor, now, invitation, { api_key_id: apiKeyId });
  }
}
