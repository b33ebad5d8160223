import { CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { Clock } from '../../shared/time/clock.js';
import { UnitOfWork } from '../../shared/persistence/unit-of-work.js';
import { AutomaticFulfilment } from '../automatic-fulfilment.js';
import { OrderCreatedEvent } from '../events/order.events.js';
import { LineReferences } from '../line-references.js';
import { Order } from '../order.entity.js';
import { toOrderResponse } from '../order.response.js';
import { OrderRepository } from '../order.repository.js';
import { CreateOrderCommand } from './create-order.command.js';

@CommandHandler(CreateOrderCommand)
export class CreateOrderHandler implements ICommandHandler<CreateOrderCommand> {
  constructor(
    private readonly unitOfWork: UnitOfWork,
    private readonly orders: OrderRepository,
    private readonly references: LineReferences,
    private readonly automatic: AutomaticFulfilment,
    private readonly clock: Clock,
  ) {}

  async execute(command: CreateOrderCommand) {
    const { actor, request } = command;
    const now = this.clock.now();
    const created = await this.unitOfWork.perform(command, async (transaction) => {
      const order = Order.fromRequest(actor.tenantId, request, now, command.options.orderId);
      await this.references.assertCustomer(actor, order.customerId);
      await this.references.assertValid(actor, order.lines);
      await this.automatic.mark(actor, order);
      await this.orders.insert(order);
      transaction.record(new OrderCreatedEvent(actor, now, order));
      return toOrderResponse(order);
    });
    return this.automatic.fulfil(created);
  }
}
