import { Query } from '@nestjs/cqrs';
import type { Actor } from '../../shared/access/actor.js';

/** How a customer is addressed, as of a version of it. */
export interface CustomerName {
  readonly name: string | undefined;
  /** False: it gets no licenses. */
  readonly active: boolean;
  readonly version: number;
}

/** How customers are addressed, by id. A customer that the tenant does not have is left out, whoever else has one. */
export class GetCustomerNamesQuery extends Query<ReadonlyMap<string, CustomerName>> {
  constructor(
    readonly actor: Actor,
    readonly customerIds: readonly string[],
  ) {
    super();
  }
}
