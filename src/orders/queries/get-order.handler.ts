import { QueryHandler, type IQueryHandler } from '@nestjs/cqrs';
import { OrderNotFoundError } from '../order.errors.js';
import { OrderRepository } from '../order.repository.js';
import { toOrderResponse } from '../order.response.js';
import { GetOrderQuery } from './get-order.query.js';

@QueryHandler(GetOrderQuery)
export class GetOrderHandler implements IQueryHandler<GetOrderQuery> {
  constructor(private readonly orders: OrderRepository) {}

  async execute({ actor, orderId }: GetOrderQuery) {
    const order = await this.orders.findWithLines(actor.tenantId, orderId);
    if (!order) throw new OrderNotFoundError(orderId);
    return toOrderResponse(order);
  }
}
