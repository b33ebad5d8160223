import { CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { OrderUpdatedEvent } from '../events/order.events.js';
import { LineReferences } from '../line-references.js';
import { OrderActions } from '../order-actions.js';
import { OrderRepository } from '../order.repository.js';
import { UpdateOrderCommand } from './update-order.command.js';

@CommandHandler(UpdateOrderCommand)
export class UpdateOrderHandler implements ICommandHandler<UpdateOrderCommand> {
  constructor(
    private readonly actions: OrderActions,
    private readonly orders: OrderRepository,
    private readonly references: LineReferences,
  ) {}

  execute(command: UpdateOrderCommand) {
    const { actor, request } = command;
    return this.actions.runThenFulfil(command, async (order, now, transaction) => {
      const replacesLines = order.update(request, now);
      if (request.customer_id !== undefined) await this.references.assertCustomer(actor, order.customerId);
      if (replacesLines) {
        await this.references.assertValid(actor, order.lines);
        this.orders.replaceLines(transaction, order);
      }
      return (change) => new OrderUpdatedEvent(actor, now, order, change);
    });
  }
}
