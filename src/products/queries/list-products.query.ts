import { Query } from '@nestjs/cqrs';
import type { Actor } from '../../shared/access/actor.js';
import type { ListProductsRequest, ProductPage } from '../product.dto.js';

export class ListProductsQuery extends Query<ProductPage> {
  constructor(
    readonly actor: Actor,
    readonly request: ListProductsRequest,
  ) {
    super();
  }
}
