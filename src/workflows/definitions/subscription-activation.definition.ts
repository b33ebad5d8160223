import { z } from 'zod';
import { ResourceId, Timestamp } from '../../shared/http/schema.js';
import { integer } from '../../shared/http/schema-messages.js';
import { define } from './definition.js';
import type { SubscriptionActivationInput } from './subscription-activation.js';

const Input = z
  .strictObject({
    subscription_id: ResourceId,
    license_id: z.uuid().optional(),
    quantity: integer(1, 1_000_000).optional(),
    period_start: Timestamp.optional(),
    period_end: Timestamp.optional(),
  })
  .refine(({ period_start: start, period_end: end }) => start === undefined || end === undefined || start < end, {
    path: ['period_end'],
    error: 'must be after period_start',
  });

export const SUBSCRIPTION_ACTIVATION = define<SubscriptionActivationInput>({
  name: 'subscription-activation',
  input: Input,
  requires: [
    ...(['subscriptions:read', 'subscriptions:write', 'subscriptions:ingest'] as const),
    ...(['templates:read', 'licenses:read', 'licenses:issue', 'licenses:revoke'] as const),
  ],
  signals: {},
  subjectOf: ({ subscription_id }) => ({ subscriptionId: subscription_id }),
});
