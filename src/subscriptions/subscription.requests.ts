import { z } from 'zod';
import { ActionReason } from '../shared/http/action-reason.js';
import { EXAMPLES } from '../shared/examples.js';
import { FreeFormInput } from '../shared/free-form.js';
import { pageParameters } from '../shared/http/paging.js';
import { IdParameter, ResourceId, Timestamp, TimestampParameter, UuidParameter } from '../shared/http/schema.js';
import { integer } from '../shared/http/schema-messages.js';
import { SUBSCRIPTION_STATUSES } from './subscription-status.js';

const MAX_QUANTITY = 1_000_000;

export const SubscriptionStatus = z.enum(SUBSCRIPTION_STATUSES).meta({
  id: 'SubscriptionStatus',
  description: 'Current status. CANCELED: no longer renewed; ENDED from `ends_at` on.',
});

export const Quantity = integer(1, MAX_QUANTITY);

const fields = {
  customer_id: ResourceId.meta({ description: 'String or integer. The customer may be kept in another system.' }),
  template_id: ResourceId.meta({
    description: 'License template of the plan. A linked license takes its terms.',
    examples: [EXAMPLES.openTemplateId],
  }),
  quantity: Quantity.nullable().meta({ description: 'Seats of the license. Null: those of the template.' }),
  period_start: Timestamp.nullable(),
  period_end: Timestamp.nullable().meta({ description: 'End of the paid period, or of the trial.' }),
  cancel_at_period_end: z.boolean(),
  metadata: FreeFormInput,
};

export const CreateSubscriptionRequest = z
  .strictObject({
    subscription_id: ResourceId.optional().meta({
      description: 'Id in your billing system. Default: a new UUID.',
      examples: ['sub-1001'],
    }),
    customer_id: fields.customer_id,
    template_id: fields.template_id,
    status: z.enum(['TRIALING', 'ACTIVE']).default('ACTIVE'),
    quantity: fields.quantity.default(null),
    period_start: fields.period_start.default(null),
    period_end: fields.period_end.default(null),
    cancel_at_period_end: fields.cancel_at_period_end.default(false),
    metadata: fields.metadata.default({}),
  })
  .meta({
    id: 'CreateSubscriptionRequest',
    description: 'State at the beginning. The events of the billing system are applied to it.',
    examples: [
      {
        subscription_id: 'sub-1002',
        customer_id: EXAMPLES.customerId,
        template_id: EXAMPLES.openTemplateId,
        quantity: 10,
        period_end: '2027-11-23T12:00:00Z',
      },
    ],
  });
export type CreateSubscriptionRequest = z.infer<typeof CreateSubscriptionRequest>;

export const UpdateSubscriptionRequest = z
  .strictObject({
    template_id: fields.template_id,
    quantity: Quantity,
    period_start: Timestamp,
    period_end: Timestamp,
    cancel_at_period_end: fields.cancel_at_period_end,
    metadata: fields.metadata,
    reason: ActionReason,
  })
  .partial()
  .meta({
    id: 'UpdateSubscriptionRequest',
    description:
      'Terms and period are corrected as of now: earlier events of the billing system do not undo it, later ones do.',
    examples: [{ metadata: { plan: 'team' } }],
  });
export type UpdateSubscriptionRequest = z.infer<typeof UpdateSubscriptionRequest>;

export const LinkLicenseRequest = z
  .strictObject({ license_id: z.uuid().meta({ description: 'License of the same customer and product.' }) })
  .meta({ id: 'LinkLicenseRequest', examples: [{ license_id: EXAMPLES.licenseId }] });
export type LinkLicenseRequest = z.infer<typeof LinkLicenseRequest>;

export const ListSubscriptionsRequest = z.strictObject({
  ...pageParameters,
  customer_id: IdParameter.optional(),
  template_id: IdParameter.optional(),
  license_id: UuidParameter.optional(),
  status: SubscriptionStatus.optional(),
  period_ends_from: TimestampParameter.optional().meta({ description: 'The paid period ends at or after.' }),
  period_ends_before: TimestampParameter.optional().meta({ description: 'The paid period ends before.' }),
});
export type ListSubscriptionsRequest = z.infer<typeof ListSubscriptionsRequest>;
