import { CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { RetryTransaction } from '../../database/with-retries.js';
import type { Actor } from '../../shared/access/actor.js';
import { UnitOfWork } from '../../shared/persistence/unit-of-work.js';
import { Clock } from '../../shared/time/clock.js';
import { CustomerCreatedEvent } from '../events/customer.events.js';
import { Customer } from '../customer.entity.js';
import { CustomerRepository } from '../customer.repository.js';
import { ImportCustomersCommand, type FoundCustomer, type ImportedCustomer } from './import-customers.command.js';

@CommandHandler(ImportCustomersCommand)
export class ImportCustomersHandler implements ICommandHandler<ImportCustomersCommand> {
  constructor(
    private readonly unitOfWork: UnitOfWork,
    private readonly customers: CustomerRepository,
    private readonly clock: Clock,
  ) {}

  execute({ actor, customers, options }: ImportCustomersCommand) {
    return this.unitOfWork.run(actor, async (transaction) => {
      const known = new KnownCustomers(
        await this.customers.findByIdsOrEmails(
          transaction,
          customers.flatMap(({ customer_id }) => customer_id ?? []),
          customers.flatMap(({ email }) => email ?? []),
        ),
      );
      const made: Customer[] = [];
      const found = customers.map((customer) => known.find(customer) ?? this.make(actor, customer, known, made));
      if (options.dryRun) return found;
      const inserted = await this.customers.insertMany(transaction, made);
      // Somebody else made one meanwhile, which the next attempt finds.
      if (inserted.size < made.length) throw new RetryTransaction('A customer was made meanwhile.');
      for (const customer of made)
        transaction.record(new CustomerCreatedEvent(actor, customer.createdAt, customer, customer.snapshot()));
      return found;
    });
  }

  /** Makes a customer, unless only its id is known: another system may keep it. */
  private make(actor: Actor, input: ImportedCustomer, known: KnownCustomers, made: Customer[]): FoundCustomer | Error {
    const { customer_id: customerId, ...details } = input;
    if (customerId !== undefined && Object.keys(details).length === 0)
      return { customerId, name: undefined, active: true, isStored: false };
    try {
      const nothing = { first_name: null, last_name: null, email: null, company_name: null };
      const request = { ...nothing, ...input, active: true, metadata: {} };
      const customer = Customer.create(actor, request, this.clock.now());
      made.push(customer);
      return known.add(customer);
    } catch (error) {
      return error as Error;
    }
  }
}

/** Customers by id and by e-mail address, of which the oldest counts. */
class KnownCustomers {
  private readonly byId = new Map<string, FoundCustomer>();
  private readonly byEmail = new Map<string, FoundCustomer>();

  constructor(customers: readonly Customer[]) {
    for (const customer of customers) this.add(customer);
  }

  add(customer: Customer): FoundCustomer {
    const { customerId, displayName, active, email } = customer;
    const found = { customerId, name: displayName || undefined, active, isStored: true };
    this.byId.set(customerId, found);
    const address = email?.toLowerCase();
    if (address !== undefined && !this.byEmail.has(address)) this.byEmail.set(address, found);
    return found;
  }

  find({ customer_id: id, email }: ImportedCustomer): FoundCustomer | undefined {
    if (id !== undefined) return this.byId.get(id);
    return typeof email === 'string' ? this.byEmail.get(email.toLowerCase()) : undefined;
  }
}
