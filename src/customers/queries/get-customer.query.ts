import { Query } from '@nestjs/cqrs';
import type { Actor } from '../../shared/access/actor.js';
import type { CustomerResponse } from '../customer.response.js';

/** Throws CustomerNotFoundError. */
export class GetCustomerQuery extends Query<CustomerResponse> {
  constructor(
    readonly actor: Actor,
    readonly customerId: string,
  ) {
    super();
  }
}
