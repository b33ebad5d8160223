import { CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { Clock } from '../../shared/time/clock.js';
import { UnitOfWork } from '../../shared/persistence/unit-of-work.js';
import { CustomerUpdatedEvent } from '../events/customer.events.js';
import { CustomerNotFoundError } from '../customer.errors.js';
import { CustomerRepository } from '../customer.repository.js';
import { UpdateCustomerCommand } from './update-customer.command.js';
import { toCustomerResponse } from '../customer.response.js';

@CommandHandler(UpdateCustomerCommand)
export class UpdateCustomerHandler implements ICommandHandler<UpdateCustomerCommand> {
  constructor(
    private readonly unitOfWork: UnitOfWork,
    private readonly customers: CustomerRepository,
    private readonly clock: Clock,
  ) {}

  execute(command: UpdateCustomerCommand) {
    const { actor, customerId } = command;
    const { reason, ...patch } = command.patch;
    return this.unitOfWork.perform(command, async (transaction) => {
      const customer = await this.customers.findForUpdate(actor.tenantId, customerId);
      if (!customer) throw new CustomerNotFoundError(customerId);
      const now = this.clock.now();
      customer.assertVersion(command.options.ifMatch);
      const change = customer.update(patch, now);
      if (change) {
        await this.customers.update(customer);
        transaction.record(new CustomerUpdatedEvent(actor, now, customer, change, reason));
      }
      return toCustomerResponse(customer);
    });
  }
}
