import { Command } from '@nestjs/cqrs';
import type { Actor } from '../../shared/access/actor.js';
import type { CreateCustomerRequest } from '../customer.requests.js';

/** Customer of an imported license: its id, its e-mail address, or both, with what it is made of if there is none. */
export type ImportedCustomer = Partial<
  Pick<CreateCustomerRequest, 'customer_id' | 'email' | 'first_name' | 'last_name' | 'company_name'>
>;

/** Customer that was found or made; one that is known by its id alone has no row. */
export interface FoundCustomer {
  readonly customerId: string;
  /** Undefined: the customer has no row, or no name. */
  readonly name: string | undefined;
  readonly active: boolean;
  readonly isStored: boolean;
}

/**
 * Finds each customer by its id, else by its e-mail address, and makes those that do not exist, in the open unit of work. With `dryRun` it
 * makes none. Returns them in the same order; an error in place of a customer that cannot be made.
 */
export class ImportCustomersCommand extends Command<readonly (FoundCustomer | Error)[]> {
  static readonly operation = 'customers.import';

  constructor(
    readonly actor: Actor,
    readonly customers: readonly ImportedCustomer[],
    readonly options: { readonly dryRun: boolean },
  ) {
    super();
  }
}
