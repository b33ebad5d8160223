import { CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { OrderCancelledEvent, OrderProgressedEvent } from '../events/order.events.js';
import { OrderActions, type ActionEffect } from '../order-actions.js';
import { OrderWithdrawal } from '../order-withdrawal.js';
import { CancelOrderCommand } from './cancel-order.command.js';

@CommandHandler(CancelOrderCommand)
export class CancelOrderHandler implements ICommandHandler<CancelOrderCommand> {
  constructor(
    private readonly actions: OrderActions,
    private readonly withdrawal: OrderWithdrawal,
  ) {}

  execute(command: CancelOrderCommand) {
    const { actor, request } = command;
    const { licenses, reason } = request;
    const step: ActionEffect = async (order, now) => {
      this.withdrawal.assertMay(actor, licenses);
      const Event = order.status === 'CANCELLED' ? OrderProgressedEvent : OrderCancelledEvent;
      order.cancel(licenses, now);
      await this.withdrawal.advance(actor, order, reason);
      return (change) => new Event(actor, now, order, change, { reason, data: { licenses } });
    };
    return this.actions.runInSteps(command, step, (order) => this.withdrawal.isUnfinished(order));
  }
}
