import { Query } from '@nestjs/cqrs';
import type { Actor } from '../../shared/access/actor.js';
import type { OrderResponse } from '../order.response.js';

/** Throws OrderNotFoundError. */
export class GetOrderQuery extends Query<OrderResponse> {
  constructor(
    readonly actor: Actor,
    readonly orderId: string,
  ) {
    super();
  }
}
