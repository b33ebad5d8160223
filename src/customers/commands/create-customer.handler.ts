import { CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { violates } from '../../database/sql-errors.js';
import { Clock } from '../../shared/time/clock.js';
import { UnitOfWork } from '../../shared/persistence/unit-of-work.js';
import { TenantNotFoundError } from '../../shared/access/access.errors.js';
import { CustomerCreatedEvent } from '../events/customer.events.js';
import { Customer } from '../customer.entity.js';
import { CustomerExistsError } from '../customer.errors.js';
import { CustomerRepository } from '../customer.repository.js';
import { CreateCustomerCommand } from './create-customer.command.js';
import { toCustomerResponse } from '../customer.response.js';

@CommandHandler(CreateCustomerCommand)
export class CreateCustomerHandler implements ICommandHandler<CreateCustomerCommand> {
  constructor(
    private readonly unitOfWork: UnitOfWork,
    private readonly customers: CustomerRepository,
    private readonly clock: Clock,
  ) {}

  execute(command: CreateCustomerCommand) {
    const { actor, customer: input } = command;
    const now = this.clock.now();
    return this.unitOfWork.perform(command, async (transaction) => {
      const customer = Customer.create(actor, input, now);
      await this.customers.insert(customer).catch((error: unknown) => {
        if (violates(error, 'customers_pkey')) throw new CustomerExistsError(customer.customerId);
        if (violates(error, 'customers_tenant')) throw new TenantNotFoundError();
        throw error;
      });
      transaction.record(new CustomerCreatedEvent(actor, now, customer, customer.snapshot()));
      return toCustomerResponse(customer);
    });
  }
}
