import { omit, pick, type Change } from '../../shared/persistence/change.js';
import { IntegrationEvent } from '../../shared/messaging/integration-event.js';
import type { Actor } from '../../shared/access/actor.js';
import type { JsonObject } from '../../shared/json.js';
import type { Order } from '../order.entity.js';
import { reasonCode, reasonText, type RecordedReason } from '../../shared/messaging/recorded-reason.js';

/** Free-form data of the vendor, which may be personal. */
const PERSONAL = ['metadata'];

/** Facts of an action besides what it changed: `data` for the log, `personal` for what can be erased. */
export interface ActionFacts {
  readonly reason?: RecordedReason | undefined;
  readonly data?: JsonObject;
  readonly personal?: JsonObject;
}

export class OrderCreatedEvent extends IntegrationEvent {
  readonly type = 'order.created';

  constructor(actor: Actor, now: Date, order: Order) {
    const after = order.snapshot();
    super(
      actor,
      now,
      { resourceType: 'order', resourceId: order.orderId },
      { external_id: order.externalId, quote_id: order.quoteId, after: omit(after, PERSONAL) },
      { after: pick(after, PERSONAL) },
    );
  }
}

/** Action on an order: changed fields before and after by wire name, and the reason. */
abstract class OrderChangedEvent extends IntegrationEvent {
  constructor(actor: Actor, now: Date, order: Order, { before, after }: Change, facts: ActionFacts = {}) {
    super(
      actor,
      now,
      { resourceType: 'order', resourceId: order.orderId },
      {
        external_id: order.externalId,
        customer_id: order.customerId,
        ...reasonCode(facts.reason),
        ...facts.data,
        before: omit(before, PERSONAL),
        after: omit(after, PERSONAL),
      },
      { before: pick(before, PERSONAL), after: pick(after, PERSONAL), ...reasonText(facts.reason), ...facts.personal },
    );
  }
}

export class OrderUpdatedEvent extends OrderChangedEvent {
  readonly type = 'order.updated';
}

export class OrderApprovedEvent extends OrderChangedEvent {
  readonly type = 'order.approved';
}

export class OrderPaymentRecordedEvent extends OrderChangedEvent {
  readonly type = 'order.payment_recorded';
}

export class OrderPaymentFailedEvent extends OrderChangedEvent {
  readonly type = 'order.payment_failed';
}

export class OrderFulfilledEvent extends OrderChangedEvent {
  readonly type = 'order.fulfilled';
}

/** The server could not fulfil an order that is due: the line, and why. */
export class OrderFulfilmentRefusedEvent extends OrderChangedEvent {
  readonly type = 'order.fulfilment_refused';
}

/** A step of a fulfilment or withdrawal that needs several. */
export class OrderProgressedEvent extends OrderChangedEvent {
  readonly type = 'order.progressed';
}

export class OrderCancelledEvent extends OrderChangedEvent {
  readonly type = 'order.cancelled';
}

export class OrderRefundedEvent extends OrderChangedEvent {
  readonly type = 'order.refunded';
}
