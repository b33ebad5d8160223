import { Query } from '@nestjs/cqrs';
import type { Actor } from '../../shared/access/actor.js';
import type { ListCustomerNotesRequest } from './customer-note.requests.js';
import type { CustomerNotePage } from './customer-note.response.js';

/** Lists the notes on a customer, the newest first. Throws CustomerNotFoundError. */
export class ListCustomerNotesQuery extends Query<CustomerNotePage> {
  constructor(
    readonly actor: Actor,
    readonly customerId: string,
    readonly request: ListCustomerNotesRequest,
  ) {
    super();
  }
}
