import { Query } from '@nestjs/cqrs';
import type { Actor } from '../../shared/access/actor.js';
import type { ListCustomersRequest } from '../customer.requests.js';
import type { CustomerPage } from '../customer.response.js';

export class ListCustomersQuery extends Query<CustomerPage> {
  constructor(
    readonly actor: Actor,
    readonly request: ListCustomersRequest,
  ) {
    super();
  }
}
