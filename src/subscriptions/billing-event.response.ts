import { z } from 'zod';
import { FreeForm } from '../shared/free-form.js';
import { pageOf } from '../shared/http/paging.js';
import { UtcTime } from '../shared/http/schema.js';
import type { BillingEvent } from './billing-event.entity.js';
import { StoredEventKind } from './billing-event.requests.js';
import { SubscriptionStatus } from './subscription.requests.js';

export const BillingEventReceipt = z
  .object({
    subscription_id: z.string(),
    event_id: z.string(),
    duplicate: z.boolean().meta({ description: 'The event was stored before; nothing was done.' }),
    changed: z
      .boolean()
      .meta({ description: 'The event changed the subscription. False also if a later event already decides.' }),
    status: SubscriptionStatus,
  })
  .meta({ id: 'BillingEventReceipt', description: 'The event is stored.' });
export type BillingEventReceipt = z.infer<typeof BillingEventReceipt>;

export const BillingEventResponse = z
  .object({
    tenant_id: z.string(),
    subscription_id: z.string(),
    event_id: z.string(),
    kind: StoredEventKind,
    occurred_at: UtcTime,
    facts: FreeForm.meta({ description: 'Members of the event besides its id, time and kind.' }),
    created_at: UtcTime.meta({ description: 'When it was stored.' }),
  })
  .meta({ id: 'BillingEvent' });
export type BillingEventResponse = z.infer<typeof BillingEventResponse>;

export const BillingEventPage = pageOf(BillingEventResponse).meta({ id: 'BillingEventPage' });
export type BillingEventPage = z.infer<typeof BillingEventPage>;

export function toBillingEventResponse(event: BillingEvent): BillingEventResponse {
  return {
    tenant_id: event.tenantId,
    subscription_id: event.subscriptionId,
    event_id: event.eventId,
    kind: event.kind,
    occurred_at: event.occurredAt.toISOString(),
    facts: event.facts,
    created_at: event.createdAt.toISOString(),
  };
}
