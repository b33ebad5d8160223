import { QueryHandler, type IQueryHandler } from '@nestjs/cqrs';
import { Paginator } from '../../shared/http/paginator.js';
import { equalities, prefixCondition } from '../../shared/persistence/tenant-scoped.repository.js';
import { ProductRepository } from '../product.repository.js';
import { ListProductsQuery } from './list-products.query.js';
import { toProductResponse } from '../product.response.js';

@QueryHandler(ListProductsQuery)
export class ListProductsHandler implements IQueryHandler<ListProductsQuery> {
  constructor(
    private readonly products: ProductRepository,
    private readonly paginator: Paginator,
  ) {}

  async execute({ actor, request }: ListProductsQuery) {
    const page = this.paginator.request({ tenantId: actor.tenantId, list: 'products' }, request);
    const conditions = [
      ...equalities({ active: request.active }),
      ...prefixCondition(['name_lower', 'sku_lower'], request.q),
    ];
    const rows = await this.products.list(actor.tenantId, conditions, page);
    return this.paginator.page(rows, page, ({ createdAt: at, productId: id }) => ({ at, id }), toProductResponse);
  }
}
