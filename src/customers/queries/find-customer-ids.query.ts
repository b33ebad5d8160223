import { Query } from '@nestjs/cqrs';
import type { Actor } from '../../shared/access/actor.js';

/** Returns the ids of all customers with an e-mail address, without regard to case, or `limit + 1` of them if there are more. */
export class FindCustomerIdsQuery extends Query<string[]> {
  constructor(
    readonly actor: Actor,
    readonly email: string,
    readonly limit: number,
  ) {
    super();
  }
}
