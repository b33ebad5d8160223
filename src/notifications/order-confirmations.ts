import type { Actor } from '../shared/access/actor.js';
import type { EmailVariables } from './email-message.requests.js';

/** Recipient and values of the e-mail `order_confirmation` about an order. */
export interface OrderConfirmation {
  readonly customer_id: string;
  readonly variables: EmailVariables;
}

/**
 * Orders as subjects of e-mail. The module of orders, which is above this one, implements it and provides it from a global Nest module.
 * Without it the sender of a message gives all that it says about the order.
 */
export abstract class OrderConfirmations {
  /** Returns undefined if the tenant has no such order, or the actor may not read it, its templates and licenses. */
  abstract find(actor: Actor, orderId: string): Promise<OrderConfirmation | undefined>;
}
