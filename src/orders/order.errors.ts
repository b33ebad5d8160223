import { ConflictException, type HttpException, NotFoundException } from '@nestjs/common';
import { ValidationError } from '../shared/errors.js';
import type { JsonObject } from '../shared/json.js';
import type { OrderAction, OrderStatus, PaymentStatus } from './order-status.js';

export class OrderNotFoundError extends NotFoundException {
  constructor(orderId: string) {
    super(`There is no order ${orderId}.`, { errorCode: 'ORDER_NOT_FOUND' });
  }
}

/** Another order has the caller's id. */
export class OrderExistsError extends ConflictException {
  constructor(externalId: string) {
    super(`There is already an order with the external_id ${externalId}.`, { errorCode: 'ORDER_EXISTS' });
  }
}

/** The status of the order or of its payment does not allow the action; see ORDER_TRANSITIONS and ORDER_PAYMENTS. */
export class OrderStateError extends ConflictException {
  constructor(orderId: string, action: OrderAction, status: OrderStatus, payment: PaymentStatus) {
    super(`Action "${action}" is not allowed while the order ${orderId} is ${status} and its payment ${payment}.`, {
      errorCode: 'ORDER_STATE',
    });
  }
}

/** Lines cannot be replaced once a payment, a refund or a license belongs to them. Times in them that have passed can be corrected. */
export class OrderBegunError extends ConflictException {
  constructor(orderId: string) {
    super(
      `The order ${orderId} is paid or fulfilled in part: only its metadata can change, and times of its lines that have passed.`,
      {
        errorCode: 'ORDER_STATE',
      },
    );
  }
}

/** The setting of the tenant does not allow fulfilment yet. */
export class OrderNotDueError extends ConflictException {
  constructor(orderId: string, needed: 'APPROVAL' | 'PAYMENT') {
    const condition = needed === 'APPROVAL' ? 'it is approved' : 'it is paid in full';
    super(`The order ${orderId} is fulfilled only once ${condition}, as the settings of the tenant say.`, {
      errorCode: 'ORDER_NOT_DUE',
    });
  }
}

/** A line cannot be fulfilled. Nothing that this call would have done to the order was done. */
export class OrderLineRefusedError extends ConflictException {
  readonly extension: JsonObject;

  constructor(line: number, cause: HttpException, action: 'fulfil' | 'approve' = 'fulfil') {
    const why = whyOf(cause);
    super(
      action === 'fulfil'
        ? `Line ${line} cannot be fulfilled, so no line was: ${why}`
        : `Line ${line} cannot be fulfilled, so the order was not approved: ${why}`,
      { errorCode: 'ORDER_LINE_REFUSED', cause },
    );
    this.extension = { line, line_code: cause.errorCode ?? null };
  }
}

/** Returns the sentence of a refusal; of a request that is not valid, its faults. */
function whyOf(cause: HttpException): string {
  if (!(cause instanceof ValidationError)) return cause.message;
  return cause.errors.map(({ pointer = '', detail }) => `${pointer} ${detail}`).join(' · ');
}

export class PaymentTooHighError extends ConflictException {
  constructor(orderId: string, due: number, currency: string) {
    super(`Only ${due} ${currency} in minor units is due for the order ${orderId}.`, { errorCode: 'PAYMENT_TOO_HIGH' });
  }
}

export class RefundTooHighError extends ConflictException {
  constructor(orderId: string, paid: number, currency: string) {
    super(`Only ${paid} ${currency} in minor units is paid and not refunded for the order ${orderId}.`, {
      errorCode: 'REFUND_TOO_HIGH',
    });
  }
}
