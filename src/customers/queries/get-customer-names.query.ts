import { Query } from '@nestjs/cqrs';
import type { Actor } from '../../shared/access/actor.js';

/** Display name of a customer, with the version that it was read at. */
export interface CustomerName {
  readonly name: string | undefined;
  /** Whether licenses can be issued to the customer. */
  readonly active: boolean;
  readonly version: number;
}

/** Returns display names by id. Customers that the tenant does not have are omitted. */
export class GetCustomerNamesQuery extends Query<ReadonlyMap<string, CustomerName>> {
  constructor(
    readonly actor: Actor,
    readonly customerIds: readonly string[],
  ) {
    super();
  }
}
