import { Command } from '@nestjs/cqrs';
import type { Actor } from '../../shared/access/actor.js';
import type { Customer } from '../customer.entity.js';
import type { CustomerPlan, ImportedCustomer } from './customer-plan.js';

/**
 * Finds customers by their ids, else by their e-mail addresses, in the open unit of work. The plan makes those that do not exist, once they
 * are kept and stored. `planned` are customers that a plan before kept, which a dry run does not store.
 */
export class ImportCustomersCommand extends Command<CustomerPlan> {
  static readonly operation = 'customers.import';

  constructor(
    readonly actor: Actor,
    readonly customers: readonly ImportedCustomer[],
    readonly planned: readonly Customer[] = [],
  ) {
    super();
  }
}
