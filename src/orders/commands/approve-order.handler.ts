import { CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { OrderApprovedEvent } from '../events/order.events.js';
import { OrderActions } from '../order-actions.js';
import { ApproveOrderCommand } from './approve-order.command.js';

@CommandHandler(ApproveOrderCommand)
export class ApproveOrderHandler implements ICommandHandler<ApproveOrderCommand> {
  constructor(private readonly actions: OrderActions) {}

  execute(command: ApproveOrderCommand) {
    const { actor, request } = command;
    return this.actions.runThenFulfil(command, (order, now) => {
      order.approve(now);
      return (change) => new OrderApprovedEvent(actor, now, order, change, { reason: request.reason });
    });
  }
}
