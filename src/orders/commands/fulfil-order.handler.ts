import { CommandHandler, QueryBus, type ICommandHandler } from '@nestjs/cqrs';
import { GetTenantQuery } from '../../tenants/index.js';
import { OrderFulfilledEvent, OrderProgressedEvent } from '../events/order.events.js';
import { OrderActions, type ActionEffect } from '../order-actions.js';
import { OrderFulfilment } from '../order-fulfilment.js';
import type { FulfilledOrder } from '../order.response.js';
import { FulfilOrderCommand } from './fulfil-order.command.js';

@CommandHandler(FulfilOrderCommand)
export class FulfilOrderHandler implements ICommandHandler<FulfilOrderCommand> {
  constructor(
    private readonly actions: OrderActions,
    private readonly fulfilment: OrderFulfilment,
    private readonly queries: QueryBus,
  ) {}

  execute(command: FulfilOrderCommand) {
    const { actor } = command;
    const step: ActionEffect<FulfilledOrder> = async (order, now, _, extend) => {
      extend({ fulfilled_now: order.status !== 'FULFILLED' });
      if (order.status !== 'FULFILLED') {
        const { order_fulfilment_after: trigger } = await this.queries.execute(new GetTenantQuery(actor));
        order.assertFulfillable(trigger);
        await this.fulfilment.advance(actor, order, now);
        order.completeFulfilment(now);
      }
      const Event = order.status === 'FULFILLED' ? OrderFulfilledEvent : OrderProgressedEvent;
      return (change) => new Event(actor, now, order, change);
    };
    return this.actions.runInSteps(command, step, ({ status }) => status !== 'FULFILLED');
  }
}
