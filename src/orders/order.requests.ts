import { z } from 'zod';
import { EXAMPLES } from '../shared/examples.js';
import { FreeFormInput } from '../shared/free-form.js';
import { pageParameters } from '../shared/http/paging.js';
import { IdParameter, ResourceId, text, UuidParameter } from '../shared/http/schema.js';
import { integer } from '../shared/http/schema-messages.js';
import { Currency, Lines, MAX_AMOUNT } from './lines.requests.js';
import { WITHDRAWALS } from './order-line.entity.js';
import { ORDER_STATUSES, PAYMENT_STATUSES } from './order-status.js';
import { ActionReason } from '../shared/http/action-reason.js';

export const OrderStatus = z.enum(ORDER_STATUSES).meta({ id: 'OrderStatus' });
export const PaymentStatus = z.enum(PAYMENT_STATUSES).meta({
  id: 'PaymentStatus',
  description: 'PARTIAL: less than is due was paid. REFUNDED: every line was refunded.',
});

export const ExternalId = ResourceId.meta({
  description:
    'Your own id of the order, unique among the orders of the tenant. String or integer; stored as a string.',
  examples: ['SO-4711'],
});

const fields = {
  customer_id: ResourceId.meta({ description: 'String or integer. The customer may be kept in another system.' }),
  currency: Currency,
  lines: Lines,
  metadata: FreeFormInput,
};

export const CreateOrderRequest = z
  .strictObject({ external_id: ExternalId.optional(), ...fields, metadata: fields.metadata.default({}) })
  .meta({
    id: 'CreateOrderRequest',
    examples: [
      {
        external_id: 'SO-4711',
        customer_id: EXAMPLES.customerId,
        currency: 'EUR',
        lines: [
          { kind: 'ISSUE', license_template_id: EXAMPLES.openTemplateId, quantity: 2, unit_price: 99_000 },
          { kind: 'RENEW', license_id: EXAMPLES.licenseId, months: 12, unit_price: 49_000 },
        ],
      },
    ],
  });
export type CreateOrderRequest = z.infer<typeof CreateOrderRequest>;

export const UpdateOrderRequest = z
  .strictObject(fields)
  .partial()
  .meta({
    id: 'UpdateOrderRequest',
    description:
      'All but `metadata` can change only while the order is PENDING and nothing was paid. `lines` replaces all lines. Until the order is fulfilled, the same lines may also leave out, or set to a time in the future, a `starts`, `expires_if_started_by` or `overrides.expiry_date` that has passed.',
    examples: [{ metadata: { purchase_order: 'PO-1' } }],
  });
export type UpdateOrderRequest = z.infer<typeof UpdateOrderRequest>;

export const ApproveOrderRequest = z
  .strictObject({ reason: ActionReason.optional() })
  .meta({ id: 'ApproveOrderRequest', examples: [{ reason: { code: 'CUSTOMER_REQUEST', text: 'PO 2026-117' } }] });
export type ApproveOrderRequest = z.infer<typeof ApproveOrderRequest>;

export const RecordPaymentRequest = z
  .strictObject({
    outcome: z
      .enum(['RECEIVED', 'FAILED'])
      .default('RECEIVED')
      .meta({ description: 'FAILED: a payment was tried and nothing was received.' }),
    amount: integer(1, MAX_AMOUNT).optional().meta({
      description: 'Amount that was received, in minor units of the currency. Default: all that is due.',
    }),
    reference: text(255).optional().meta({ description: 'Id of the payment elsewhere. Recorded in the event.' }),
  })
  .refine(({ outcome, amount }) => outcome === 'RECEIVED' || amount === undefined, {
    message: 'must not be given with FAILED',
    path: ['amount'],
  })
  .meta({ id: 'RecordPaymentRequest', examples: [{ reference: 'bank transfer 2026-11-29/3' }] });
export type RecordPaymentRequest = z.infer<typeof RecordPaymentRequest>;

const licenses = z.enum(WITHDRAWALS).meta({
  id: 'Withdrawal',
  description:
    'What is done to the licenses that were issued. SUSPEND also requires `licenses:suspend`, REVOKE `licenses:revoke`. A license that does not allow it, because it is revoked or suspended already, stays as it is.',
});

export const CancelOrderRequest = z.strictObject({ licenses, reason: ActionReason }).meta({
  id: 'CancelOrderRequest',
  examples: [{ licenses: 'REVOKE', reason: { code: 'CUSTOMER_REQUEST', text: 'Ticket 4711' } }],
});
export type CancelOrderRequest = z.infer<typeof CancelOrderRequest>;

export const RefundOrderRequest = z
  .strictObject({
    lines: z
      .array(integer(1, 100))
      .min(1)
      .max(100)
      .refine((lines) => new Set(lines).size === lines.length, 'must not contain a line twice')
      .optional()
      .meta({ description: 'Numbers of the lines. Default: the whole order.' }),
    licenses,
    reason: ActionReason,
  })
  .meta({ id: 'RefundOrderRequest', examples: [{ lines: [1], licenses: 'SUSPEND', reason: { code: 'REFUNDED' } }] });
export type RefundOrderRequest = z.infer<typeof RefundOrderRequest>;

export const ListOrdersRequest = z.strictObject({
  ...pageParameters,
  customer_id: IdParameter.optional(),
  external_id: IdParameter.optional(),
  quote_id: UuidParameter.optional(),
  status: OrderStatus.optional(),
  payment_status: PaymentStatus.optional(),
});
export type ListOrdersRequest = z.infer<typeof ListOrdersRequest>;

/** Body of an action that takes nothing. */
export const FulfilOrderRequest = z.strictObject({}).meta({ id: 'FulfilOrderRequest', examples: [{}] });
export type FulfilOrderRequest = z.infer<typeof FulfilOrderRequest>;
