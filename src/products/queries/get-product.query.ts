import { Query } from '@nestjs/cqrs';
import type { Actor } from '../../shared/access/actor.js';
import type { ProductResponse } from '../product.response.js';

/** Throws ProductNotFoundError. */
export class GetProductQuery extends Query<ProductResponse> {
  constructor(
    readonly actor: Actor,
    readonly productId: string,
  ) {
    super();
  }
}
