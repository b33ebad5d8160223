import { omit, pick, type Change } from '../../shared/persistence/change.js';
import { IntegrationEvent } from '../../shared/messaging/integration-event.js';
import type { Actor } from '../../shared/access/actor.js';
import { reasonCode, reasonText, type RecordedReason } from '../../shared/messaging/recorded-reason.js';
import type { JsonObject } from '../../shared/json.js';

/** Metadata is free-form, so it may contain personal data. */
const PERSONAL = ['metadata'];

/** Subscription of an event, with the license that it concerns. */
export interface SubscriptionSubject {
  readonly subscriptionId: string;
  readonly licenseId: string | null;
}

/** Event of a billing system, as it is recorded. */
export interface ReceivedEvent {
  readonly eventId: string;
  readonly kind: string;
  readonly occurredAt: Date;
  readonly facts: JsonObject;
}

abstract class SubscriptionIntegrationEvent extends IntegrationEvent {
  constructor(
    actor: Actor,
    now: Date,
    { subscriptionId, licenseId }: SubscriptionSubject,
    { before, after }: { readonly before?: JsonObject | undefined; readonly after: JsonObject },
    more: JsonObject = {},
    personal: JsonObject = {},
  ) {
    super(
      actor,
      now,
      { resourceType: 'subscription', resourceId: subscriptionId, ...(licenseId !== null && { licenseId }) },
      { ...more, ...(before && { before: omit(before, PERSONAL) }), after: omit(after, PERSONAL) },
      { ...(before && { before: pick(before, PERSONAL) }), after: pick(after, PERSONAL), ...personal },
    );
  }
}

export class SubscriptionCreatedEvent extends SubscriptionIntegrationEvent {
  readonly type = 'subscription.created';
}

/** Change by a person, who may have said why. */
abstract class ReasonedSubscriptionEvent extends SubscriptionIntegrationEvent {
  constructor(actor: Actor, now: Date, subject: SubscriptionSubject, change: Change, reason?: RecordedReason) {
    super(actor, now, subject, change, reasonCode(reason), reasonText(reason));
  }
}

export class SubscriptionUpdatedEvent extends ReasonedSubscriptionEvent {
  readonly type = 'subscription.updated';
}

export class SubscriptionLinkedEvent extends SubscriptionIntegrationEvent {
  readonly type = 'subscription.linked';
}

export class SubscriptionUnlinkedEvent extends ReasonedSubscriptionEvent {
  readonly type = 'subscription.unlinked';
}

/** The service ended, at the time `ends_at`. */
export class SubscriptionEndedEvent extends SubscriptionIntegrationEvent {
  readonly type = 'subscription.ended';
}

/** An event of the billing system was stored. `before` and `after` are empty if a later event already decides. */
export class SubscriptionEventReceivedEvent extends SubscriptionIntegrationEvent {
  readonly type = 'subscription.event_received';

  constructor(
    actor: Actor,
    now: Date,
    subject: SubscriptionSubject,
    { eventId, kind, occurredAt, facts }: ReceivedEvent,
    change: Change | undefined,
    reason?: RecordedReason,
  ) {
    const billingEvent = { event_id: eventId, kind, occurred_at: occurredAt.toISOString(), ...facts };
    const data = { billing_event: billingEvent, ...reasonCode(reason) };
    super(actor, now, subject, change ?? { before: {}, after: {} }, data, reasonText(reason));
  }
}
