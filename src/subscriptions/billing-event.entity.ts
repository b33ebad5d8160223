import { Column, Entity, PrimaryColumn } from 'typeorm';
import { isDeepStrictEqual } from 'node:util';
import type { JsonObject } from '../shared/json.js';
import type { BillingEventRequest } from './billing-event.requests.js';
import { toFacts, type BillingFacts, type OrderedEvent } from './subscription-state.js';
import type { StoredEventKind } from './subscription-status.js';

/** Event of a subscription, stored once and never changed. The state of the subscription follows from all of them. */
@Entity('subscription_events')
export class BillingEvent implements OrderedEvent {
  @PrimaryColumn('text', { name: 'tenant_id' })
  tenantId!: string;

  @PrimaryColumn('text', { name: 'subscription_id' })
  subscriptionId!: string;

  /** Id in the billing system. */
  @PrimaryColumn('text', { name: 'event_id' })
  eventId!: string;

  /** Time by the clock of the billing system. */
  @Column({ type: 'timestamptz', name: 'occurred_at', update: false })
  occurredAt!: Date;

  @Column({ type: 'text', update: false })
  kind!: StoredEventKind;

  @Column({ type: 'jsonb', update: false })
  facts!: BillingFacts & JsonObject;

  /** When it was stored. */
  @Column({ type: 'timestamptz', name: 'created_at', update: false })
  createdAt!: Date;

  /** Returns an event of the billing system. */
  static received(of: SubscriptionKey, request: BillingEventRequest, now: Date): BillingEvent {
    const { event_id, occurred_at, kind, reason: _, ...facts } = request;
    return BillingEvent.of(of, event_id, new Date(occurred_at), kind, toFacts(facts), now);
  }

  /** Returns the event of a change by hand. It comes after all events so far, also those of a clock that is ahead. */
  static correction(
    of: SubscriptionKey,
    eventId: string,
    earlier: readonly BillingEvent[],
    facts: JsonObject,
    now: Date,
  ): BillingEvent {
    const last = Math.max(0, ...earlier.map(({ occurredAt }) => occurredAt.getTime()));
    return BillingEvent.of(of, eventId, new Date(Math.max(now.getTime(), last + 1)), 'corrected', facts, now);
  }

  private static of(
    { tenantId, subscriptionId }: SubscriptionKey,
    eventId: string,
    occurredAt: Date,
    kind: StoredEventKind,
    facts: JsonObject,
    now: Date,
  ): BillingEvent {
    return Object.assign(new BillingEvent(), {
      ...{ tenantId, subscriptionId, eventId, occurredAt, kind, facts },
      createdAt: now,
    });
  }

  /** Tells whether both are deliveries of one event. */
  equals({ occurredAt, kind, facts }: BillingEvent): boolean {
    return (
      this.occurredAt.getTime() === occurredAt.getTime() && this.kind === kind && isDeepStrictEqual(this.facts, facts)
    );
  }
}

interface SubscriptionKey {
  readonly tenantId: string;
  readonly subscriptionId: string;
}
