import { z } from 'zod';
import { FreeForm } from '../shared/free-form.js';
import { pageOf } from '../shared/http/paging.js';
import { UtcTime } from '../shared/http/schema.js';
import { Amount } from './lines.requests.js';
import { LineResponse, toLineResponse } from './lines.response.js';
import { WITHDRAWALS, type OrderLine } from './order-line.entity.js';
import type { Order } from './order.entity.js';
import { AUTOMATIC_FULFILMENT_STATUSES } from './order-status.js';
import { OrderStatus, PaymentStatus } from './order.requests.js';

export const OrderLineResponse = LineResponse.extend({
  fulfilled_quantity: z.int().meta({ description: 'Units that are fulfilled.' }),
  license_ids: z.array(z.uuid()).meta({ description: 'Licenses that the line issued.' }),
  refunded: z.boolean(),
  withdrawal: z.enum(WITHDRAWALS).meta({ id: 'Withdrawal' }),
  withdrawn_quantity: z.int().meta({ description: 'Licenses, from the first, to which `withdrawal` was applied.' }),
}).meta({ id: 'OrderLine' });
export type OrderLineResponse = z.infer<typeof OrderLineResponse>;

export const OrderSummary = z
  .object({
    order_id: z.uuid(),
    tenant_id: z.string(),
    external_id: z.string().nullable(),
    quote_id: z.uuid().nullable().meta({ description: 'Quote whose acceptance made the order.' }),
    customer_id: z.string(),
    status: OrderStatus,
    payment_status: PaymentStatus,
    currency: z.string(),
    total_amount: Amount,
    paid_amount: Amount,
    refunded_amount: Amount,
    metadata: FreeForm,
    automatic_fulfilment: z.enum(AUTOMATIC_FULFILMENT_STATUSES).nullable().meta({
      id: 'AutomaticFulfilment',
      description:
        'DUE: the server fulfils the order, as the setting `fulfil_orders_automatically` says. REFUSED: a line was refused; `fulfilOrder` tries again. Null otherwise.',
    }),
    fulfilment_refusal: z
      .object({
        line: z.int().nullable().meta({ description: 'Line that was refused; null if no line is the cause.' }),
        code: z.string().meta({ description: 'Code of the refusal, such as TEMPLATE_INACTIVE.' }),
      })
      .nullable()
      .meta({ id: 'FulfilmentRefusal', description: 'Why the automatic fulfilment was refused. Null otherwise.' }),
    approved_at: UtcTime.nullable(),
    fulfilled_at: UtcTime.nullable(),
    cancelled_at: UtcTime.nullable(),
    version: z.int(),
    created_at: UtcTime,
    updated_at: UtcTime,
  })
  .meta({ id: 'OrderSummary', description: 'The order without its lines.' });
export type OrderSummary = z.infer<typeof OrderSummary>;

export const OrderResponse = OrderSummary.extend({ lines: z.array(OrderLineResponse) }).meta({
  id: 'Order',
  description: 'The order with its lines.',
});
export type OrderResponse = z.infer<typeof OrderResponse>;

export const FulfilledOrder = OrderResponse.extend({
  fulfilled_now: z.boolean().meta({ description: 'False if the order had been fulfilled before the request.' }),
}).meta({ id: 'FulfilledOrder', description: 'The order with the licenses that it issued.' });
export type FulfilledOrder = z.infer<typeof FulfilledOrder>;

export const OrderPage = pageOf(OrderSummary).meta({ id: 'OrderPage' });
export type OrderPage = z.infer<typeof OrderPage>;

function toOrderLineResponse(line: OrderLine): OrderLineResponse {
  return {
    ...toLineResponse(line),
    fulfilled_quantity: line.fulfilledQuantity,
    license_ids: line.licenseIds,
    refunded: line.refunded,
    withdrawal: line.withdrawal,
    withdrawn_quantity: line.withdrawnQuantity,
  };
}

export function toOrderSummary(order: Order): OrderSummary {
  return {
    order_id: order.orderId,
    tenant_id: order.tenantId,
    external_id: order.externalId,
    quote_id: order.quoteId,
    customer_id: order.customerId,
    status: order.status,
    payment_status: order.paymentStatus,
    currency: order.currency,
    total_amount: order.totalAmount,
    paid_amount: order.paidAmount,
    refunded_amount: order.refundedAmount,
    metadata: order.metadata,
    automatic_fulfilment: order.automaticFulfilment,
    fulfilment_refusal: order.fulfilmentRefusal,
    approved_at: order.approvedAt?.toISOString() ?? null,
    fulfilled_at: order.fulfilledAt?.toISOString() ?? null,
    cancelled_at: order.cancelledAt?.toISOString() ?? null,
    version: order.version,
    created_at: order.createdAt.toISOString(),
    updated_at: order.updatedAt.toISOString(),
  };
}

export function toOrderResponse(order: Order): OrderResponse {
  return { ...toOrderSummary(order), lines: order.lines.map(toOrderLineResponse) };
}
