import { Query } from '@nestjs/cqrs';
import type { Actor } from '../../shared/tenancy/actor.js';

/** How customers are addressed, by id. A customer that the tenant does not have is left out, whoever else has one. */
export class GetCustomerNamesQuery extends Query<ReadonlyMap<string, string>> {
  constructor(
    readonly actor: Actor,
    readonly customerIds: readonly string[],
  ) {
    super();
  }
}
