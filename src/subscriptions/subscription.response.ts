import { z } from 'zod';
import { LicenseStatus, type LicenseResponse } from '../licensing/index.js';
import { FreeForm } from '../shared/free-form.js';
import { pageOf } from '../shared/http/paging.js';
import { UtcTime } from '../shared/http/schema.js';
import type { Subscription } from './subscription.entity.js';
import { SubscriptionStatus } from './subscription.requests.js';
import { SUBSCRIPTION_HOLDS } from './subscription-status.js';

const SubscribedLicense = z
  .object({
    license_id: z.uuid(),
    status: LicenseStatus,
    expiry_date: UtcTime.nullable().meta({ description: 'Null: never expires.' }),
    grace_ends_at: UtcTime.nullable(),
    max_activations: z.int().nullable().meta({ description: 'Number of seats. Null: unlimited.' }),
    current_activations: z.int().meta({ description: 'Seats in use.' }),
    overage: z.int().meta({ description: 'Seats in use beyond `max_activations`.' }),
  })
  .meta({ id: 'SubscribedLicense' });

export const SubscriptionResponse = z
  .object({
    subscription_id: z.string(),
    tenant_id: z.string(),
    customer_id: z.string(),
    template_id: z.string(),
    status: SubscriptionStatus,
    hold: z.enum(SUBSCRIPTION_HOLDS).meta({ id: 'SubscriptionHold' }).nullable().meta({
      description: 'Why the license is suspended. Null: it is not, or not because of the subscription.',
    }),
    quantity: z.int().nullable().meta({ description: 'Seats. Null: those of the template.' }),
    period_start: UtcTime.nullable(),
    period_end: UtcTime.nullable().meta({ description: 'End of the paid period, or of the trial.' }),
    cancel_at_period_end: z.boolean(),
    ends_at: UtcTime.nullable().meta({ description: 'End of the service, without a grace period. Null: it goes on.' }),
    license: SubscribedLicense.nullable().meta({ description: 'Null: none is linked.' }),
    license_problem: z.object({ code: z.string(), detail: z.string() }).meta({ id: 'LicenseProblem' }).nullable().meta({
      description:
        'Why the license could not follow the last event. It is tried again with the next one. Null: it did.',
    }),
    metadata: FreeForm,
    version: z.int(),
    created_at: UtcTime,
    updated_at: UtcTime,
  })
  .meta({ id: 'Subscription' });
export type SubscriptionResponse = z.infer<typeof SubscriptionResponse>;

export const LinkedSubscription = SubscriptionResponse.extend({
  linked_now: z.boolean().meta({ description: 'False if the license had been linked before the request.' }),
}).meta({ id: 'LinkedSubscription', description: 'The subscription with the license that it is linked with.' });
export type LinkedSubscription = z.infer<typeof LinkedSubscription>;

export const SubscriptionPage = pageOf(SubscriptionResponse).meta({ id: 'SubscriptionPage' });
export type SubscriptionPage = z.infer<typeof SubscriptionPage>;

/** Returns the subscription as of `now`, with its license. */
export function toSubscriptionResponse(
  subscription: Subscription,
  license: LicenseResponse | null,
  now: Date,
): SubscriptionResponse {
  return {
    subscription_id: subscription.subscriptionId,
    tenant_id: subscription.tenantId,
    customer_id: subscription.customerId,
    template_id: subscription.templateId,
    status: subscription.statusAt(now),
    hold: subscription.hold,
    quantity: subscription.quantity,
    period_start: subscription.periodStart?.toISOString() ?? null,
    period_end: subscription.periodEnd?.toISOString() ?? null,
    cancel_at_period_end: subscription.cancelAtPeriodEnd,
    ends_at: subscription.endsAt?.toISOString() ?? null,
    license: license && toSubscribedLicense(license),
    license_problem: subscription.licenseProblem,
    metadata: subscription.metadata,
    version: subscription.version,
    created_at: subscription.createdAt.toISOString(),
    updated_at: subscription.updatedAt.toISOString(),
  };
}

function toSubscribedLicense(license: LicenseResponse): z.infer<typeof SubscribedLicense> {
  const { license_id, status, expiry_date, grace_ends_at, max_activations, current_activations } = license;
  const overage = max_activations === null ? 0 : Math.max(0, current_activations - max_activations);
  return { license_id, status, expiry_date, grace_ends_at, max_activations, current_activations, overage };
}
