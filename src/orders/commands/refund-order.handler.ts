import { CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { AutomaticFulfilment } from '../automatic-fulfilment.js';
import { OrderProgressedEvent, OrderRefundedEvent } from '../events/order.events.js';
import { OrderActions, type ActionEffect } from '../order-actions.js';
import { OrderWithdrawal } from '../order-withdrawal.js';
import { RefundOrderCommand } from './refund-order.command.js';

@CommandHandler(RefundOrderCommand)
export class RefundOrderHandler implements ICommandHandler<RefundOrderCommand> {
  constructor(
    private readonly actions: OrderActions,
    private readonly withdrawal: OrderWithdrawal,
    private readonly automatic: AutomaticFulfilment,
  ) {}

  async execute(command: RefundOrderCommand) {
    const { actor, request } = command;
    const { lines, licenses, reason } = request;
    const step: ActionEffect = async (order, now) => {
      this.withdrawal.assertMay(actor, licenses);
      const refundedBefore = order.lines.filter(({ refunded }) => refunded).length;
      const amount = order.refund(lines, licenses);
      await this.withdrawal.advance(actor, order, reason);
      const isRefund = order.lines.filter(({ refunded }) => refunded).length > refundedBefore;
      const Event = isRefund ? OrderRefundedEvent : OrderProgressedEvent;
      return (change) => new Event(actor, now, order, change, { reason, data: { licenses, amount } });
    };
    // A refund of the lines that are not paid can make the others due.
    return this.automatic.fulfil(
      await this.actions.runInSteps(command, step, (order) => this.withdrawal.isUnfinished(order)),
    );
  }
}
