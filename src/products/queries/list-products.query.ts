import { Query } from '@nestjs/cqrs';
import type { Actor } from '../../shared/access/actor.js';
import type { ListProductsRequest } from '../product.requests.js';
import type { ProductPage } from '../product.response.js';

export class ListProductsQuery extends Query<ProductPage> {
  constructor(
    readonly actor: Actor,
    readonly request: ListProductsRequest,
  ) {
    super();
  }
}
