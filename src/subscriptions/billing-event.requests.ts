import { z } from 'zod';
import { ActionReason } from '../shared/http/action-reason.js';
import { EXAMPLES } from '../shared/examples.js';
import { pageParameters } from '../shared/http/paging.js';
import { ResourceId, Timestamp, TimestampParameter } from '../shared/http/schema.js';
import { rule } from '../shared/http/schema-messages.js';
import { Quantity } from './subscription.requests.js';
import { BILLING_EVENT_KINDS, STORED_EVENT_KINDS } from './subscription-status.js';

type Kind = (typeof BILLING_EVENT_KINDS)[number];
type Fact = (typeof FACTS)[number];

const FACTS = [
  'trial',
  'template_id',
  'quantity',
  'period_start',
  'period_end',
  'cancel_at_period_end',
  'ends_at',
] as const;

const PERIOD = ['period_start', 'period_end'] as const;

/** Facts that each kind may bring along, those that it must first. */
const FACTS_OF: Readonly<Record<Kind, { readonly required: readonly Fact[]; readonly optional: readonly Fact[] }>> = {
  activated: { required: [], optional: ['trial', 'template_id', 'quantity', ...PERIOD] },
  renewed: { required: ['period_end'], optional: ['period_start'] },
  payment_failed: { required: [], optional: [] },
  payment_recovered: { required: [], optional: PERIOD },
  plan_changed: { required: ['template_id'], optional: ['quantity'] },
  quantity_changed: { required: ['quantity'], optional: [] },
  paused: { required: [], optional: [] },
  resumed: { required: [], optional: PERIOD },
  cancel_scheduled: { required: [], optional: ['cancel_at_period_end'] },
  canceled: { required: [], optional: ['ends_at'] },
  refunded: { required: [], optional: [] },
  charged_back: { required: [], optional: [] },
};

export const BillingEventKind = z.enum(BILLING_EVENT_KINDS).meta({
  id: 'BillingEventKind',
  description: 'What happened: see docs/subscriptions.md.',
});

const ID_RULE = 'must be 1 to 255 printable ASCII characters without spaces';

export const BillingEventRequest = z
  .strictObject({
    event_id: z
      .string()
      .regex(/^[\x21-\x7e]{1,255}$/, rule(ID_RULE))
      .meta({ description: 'Id of the event in the billing system, unique within the subscription.' }),
    occurred_at: Timestamp.meta({
      description: 'When it happened, by the clock of the billing system. Events are applied in this order.',
    }),
    kind: BillingEventKind,
    trial: z.boolean().optional().meta({ description: 'Of `activated`: the period is a trial.' }),
    template_id: ResourceId.optional().meta({
      description: 'Of `plan_changed` and `activated`: the template of the plan.',
      examples: [EXAMPLES.openTemplateId],
    }),
    quantity: Quantity.optional().meta({
      description:
        'Of `quantity_changed`, `plan_changed` and `activated`: the seats. Fewer than in use are an overage.',
    }),
    period_start: Timestamp.optional(),
    period_end: Timestamp.optional().meta({
      description: 'Of `renewed`, `activated`, `payment_recovered` and `resumed`: the end of the period that is paid.',
    }),
    cancel_at_period_end: z
      .boolean()
      .optional()
      .meta({ description: 'Of `cancel_scheduled`: false withdraws it. Default: true.' }),
    ends_at: Timestamp.optional().meta({
      description: 'Of `canceled`: the end of the service. Default, and at the latest: the end of the paid period.',
    }),
    reason: ActionReason.optional(),
  })
  .superRefine((event, context) => {
    const { required, optional } = FACTS_OF[event.kind];
    for (const fact of FACTS) {
      const isGiven = event[fact] !== undefined;
      if (required.includes(fact) && !isGiven)
        context.addIssue({ code: 'custom', path: [fact], message: 'is required' });
      if (isGiven && !required.includes(fact) && !optional.includes(fact))
        context.addIssue({ code: 'custom', path: [fact], message: `must not be in an event of kind ${event.kind}` });
    }
    if (event.period_start !== undefined && event.period_end !== undefined && event.period_start >= event.period_end)
      context.addIssue({ code: 'custom', path: ['period_end'], message: 'must be after period_start' });
  })
  .meta({
    id: 'BillingEventRequest',
    examples: [
      {
        event_id: 'evt-2002',
        occurred_at: '2025-11-23T12:00:00Z',
        kind: 'renewed',
        period_end: '2027-11-23T12:00:00Z',
      },
    ],
  });
export type BillingEventRequest = z.infer<typeof BillingEventRequest>;

export const StoredEventKind = z.enum(STORED_EVENT_KINDS).meta({
  id: 'StoredEventKind',
  description: 'Kind of a billing event, or `corrected` for a change by PATCH.',
});

export const ListBillingEventsRequest = z.strictObject({
  ...pageParameters,
  kind: StoredEventKind.optional(),
  occurred_from: TimestampParameter.optional().meta({ description: 'Happened at or after.' }),
  occurred_before: TimestampParameter.optional().meta({ description: 'Happened before.' }),
});
export type ListBillingEventsRequest = z.infer<typeof ListBillingEventsRequest>;
