import { QueryHandler, type IQueryHandler } from '@nestjs/cqrs';
import { pageRequest, toPage } from '../../shared/http/paging.js';
import { IdParameter } from '../../shared/http/schema.js';
import { equalities, prefixCondition } from '../../shared/tenancy/tenant.repository.js';
import { toProductResponse } from '../product.dto.js';
import { ProductRepository } from '../product.repository.js';
import { ListProductsQuery } from './list-products.query.js';

@QueryHandler(ListProductsQuery)
export class ListProductsHandler implements IQueryHandler<ListProductsQuery> {
  constructor(private readonly products: ProductRepository) {}

  async execute({ actor, request }: ListProductsQuery) {
    const page = pageRequest(request, IdParameter);
    const conditions = [
      ...equalities({ active: request.active }),
      ...prefixCondition(['name_lower', 'sku_lower'], request.q),
    ];
    const rows = await this.products.list(actor.tenantId, conditions, page);
    return toPage(rows, page, ({ createdAt: at, productId: id }) => ({ at, id }), toProductResponse);
  }
}
