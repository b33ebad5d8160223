import { QueryHandler, type IQueryHandler } from '@nestjs/cqrs';
import { ProductNotFoundError } from '../product.errors.js';
import { ProductRepository } from '../product.repository.js';
import { GetProductQuery } from './get-product.query.js';
import { toProductResponse } from '../product.response.js';

@QueryHandler(GetProductQuery)
export class GetProductHandler implements IQueryHandler<GetProductQuery> {
  constructor(private readonly products: ProductRepository) {}

  async execute({ actor, productId }: GetProductQuery) {
    const product = await this.products.find(actor.tenantId, productId);
    if (!product) throw new ProductNotFoundError(productId);
    return toProductResponse(product);
  }
}
