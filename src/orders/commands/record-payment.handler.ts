import { CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import type { JsonObject } from '../../shared/json.js';
import { OrderPaymentFailedEvent, OrderPaymentRecordedEvent } from '../events/order.events.js';
import { OrderActions } from '../order-actions.js';
import { RecordPaymentCommand } from './record-payment.command.js';

@CommandHandler(RecordPaymentCommand)
export class RecordPaymentHandler implements ICommandHandler<RecordPaymentCommand> {
  constructor(private readonly actions: OrderActions) {}

  execute(command: RecordPaymentCommand) {
    const { actor, request } = command;
    const personal: JsonObject = request.reference === undefined ? {} : { reference: request.reference };
    return this.actions.runThenFulfil(command, (order, now) => {
      if (request.outcome === 'FAILED') {
        order.failPayment();
        return (change) => new OrderPaymentFailedEvent(actor, now, order, change, { personal });
      }
      const amount = order.recordPayment(request.amount);
      return (change) => new OrderPaymentRecordedEvent(actor, now, order, change, { data: { amount }, personal });
    });
  }
}
