import { Query } from '@nestjs/cqrs';
import type { Actor } from '../../shared/access/actor.js';
import type { ListOrdersRequest } from '../order.requests.js';
import type { OrderPage } from '../order.response.js';

export class ListOrdersQuery extends Query<OrderPage> {
  constructor(
    readonly actor: Actor,
    readonly request: ListOrdersRequest,
  ) {
    super();
  }
}
