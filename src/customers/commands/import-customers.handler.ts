import { CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { RetryTransaction } from '../../database/with-retries.js';
import type { Actor } from '../../shared/access/actor.js';
import type { Transaction } from '../../shared/persistence/transaction.js';
import { UnitOfWork } from '../../shared/persistence/unit-of-work.js';
import { Clock } from '../../shared/time/clock.js';
import type { Customer } from '../customer.entity.js';
import { CustomerRepository } from '../customer.repository.js';
import { CustomerCreatedEvent } from '../events/customer.events.js';
import { CustomerPlan } from './customer-plan.js';
import { ImportCustomersCommand } from './import-customers.command.js';

@CommandHandler(ImportCustomersCommand)
export class ImportCustomersHandler implements ICommandHandler<ImportCustomersCommand> {
  constructor(
    private readonly unitOfWork: UnitOfWork,
    private readonly customers: CustomerRepository,
    private readonly clock: Clock,
  ) {}

  execute({ actor, customers, planned }: ImportCustomersCommand) {
    return this.unitOfWork.run(actor, async (transaction) => {
      const stored = await this.customers.findByIdsOrEmails(
        transaction,
        customers.flatMap(({ customer_id }) => customer_id ?? []),
        customers.flatMap(({ email }) => email ?? []),
      );
      const insert = (made: readonly Customer[]) => this.insert(transaction, actor, made);
      return new CustomerPlan(actor, [...stored, ...planned], this.clock.now(), insert);
    });
  }

  private async insert(transaction: Transaction, actor: Actor, made: readonly Customer[]): Promise<void> {
    const inserted = await this.customers.insertMany(transaction, made);
    // Somebody else made one meanwhile, which the next attempt finds.
    if (inserted.size < made.length) throw new RetryTransaction('A customer was made meanwhile.');
    for (const customer of made)
      transaction.record(new CustomerCreatedEvent(actor, customer.createdAt, customer, customer.snapshot()));
  }
}
