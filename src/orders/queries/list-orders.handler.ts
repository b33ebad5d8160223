import { QueryHandler, type IQueryHandler } from '@nestjs/cqrs';
import { Paginator } from '../../shared/http/paginator.js';
import { equalities } from '../../shared/persistence/tenant-scoped.repository.js';
import { OrderRepository } from '../order.repository.js';
import { toOrderSummary } from '../order.response.js';
import { ListOrdersQuery } from './list-orders.query.js';

@QueryHandler(ListOrdersQuery)
export class ListOrdersHandler implements IQueryHandler<ListOrdersQuery> {
  constructor(
    private readonly orders: OrderRepository,
    private readonly paginator: Paginator,
  ) {}

  async execute({ actor, request }: ListOrdersQuery) {
    const page = this.paginator.request({ tenantId: actor.tenantId, list: 'orders' }, request);
    const conditions = equalities({
      customerId: request.customer_id,
      externalId: request.external_id,
      quoteId: request.quote_id,
      status: request.status,
      paymentStatus: request.payment_status,
    });
    const rows = await this.orders.list(actor.tenantId, conditions, page);
    return this.paginator.page(rows, page, ({ createdAt: at, orderId: id }) => ({ at, id }), toOrderSummary);
  }
}
