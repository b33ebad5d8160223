import type { Actor } from '../../shared/access/actor.js';
import type { JsonObject } from '../../shared/json.js';
import { IntegrationEvent } from '../../shared/messaging/integration-event.js';
import { omit, pick, type Change } from '../../shared/persistence/change.js';
import type { LicenseEffect } from '../partner-status.js';
import { reasonCode, reasonText, type RecordedReason } from '../../shared/messaging/recorded-reason.js';

/** Personal fields: a partner may be a person. */
const PERSONAL = ['name', 'email', 'metadata'];

function partnerResource(partnerId: string) {
  return { resourceType: 'partner', resourceId: partnerId, partnerId };
}

export class PartnerCreatedEvent extends IntegrationEvent {
  readonly type = 'partner.created';

  constructor(actor: Actor, now: Date, partnerId: string, after: JsonObject) {
    super(actor, now, partnerResource(partnerId), { after: omit(after, PERSONAL) }, { after: pick(after, PERSONAL) });
  }
}

export class PartnerUpdatedEvent extends IntegrationEvent {
  readonly type = 'partner.updated';

  constructor(actor: Actor, now: Date, partnerId: string, { before, after }: Change) {
    super(
      actor,
      now,
      partnerResource(partnerId),
      { before: omit(before, PERSONAL), after: omit(after, PERSONAL) },
      { before: pick(before, PERSONAL), after: pick(after, PERSONAL) },
    );
  }
}

abstract class PartnerStatusEvent extends IntegrationEvent {
  constructor(
    actor: Actor,
    now: Date,
    partnerId: string,
    { before, after }: Change,
    reason: RecordedReason | undefined,
    more: JsonObject = {},
  ) {
    super(
      actor,
      now,
      partnerResource(partnerId),
      { ...reasonCode(reason), ...more, before, after },
      { ...reasonText(reason) },
    );
  }
}

export class PartnerApprovedEvent extends PartnerStatusEvent {
  readonly type = 'partner.approved';
}

export class PartnerReinstatedEvent extends PartnerStatusEvent {
  readonly type = 'partner.reinstated';
}

/** `licenses` is what happens to the licenses of the partner. */
export class PartnerSuspendedEvent extends PartnerStatusEvent {
  readonly type = 'partner.suspended';

  constructor(
    actor: Actor,
    now: Date,
    partnerId: string,
    change: Change,
    reason: RecordedReason,
    licenses: LicenseEffect,
  ) {
    super(actor, now, partnerId, change, reason, { licenses });
  }
}
