import { CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { AutomaticFulfilment } from '../../automatic-fulfilment.js';
import { OrderCreatedEvent } from '../../events/order.events.js';
import { QuoteAcceptedEvent } from '../../events/quote.events.js';
import type { Order } from '../../order.entity.js';
import { OrderRepository } from '../../order.repository.js';
import { toOrderResponse } from '../../order.response.js';
import { QuoteActions } from '../quote-actions.js';
import { QuoteStateError } from '../quote.errors.js';
import { AcceptQuoteCommand } from './accept-quote.command.js';

@CommandHandler(AcceptQuoteCommand)
export class AcceptQuoteHandler implements ICommandHandler<AcceptQuoteCommand> {
  constructor(
    private readonly actions: QuoteActions,
    private readonly orders: OrderRepository,
    private readonly automatic: AutomaticFulfilment,
  ) {}

  /** A quote that was accepted before keeps its order, unless the caller names another id for it. */
  async execute(command: AcceptQuoteCommand) {
    const { actor, request } = command;
    const { external_id: externalId } = request;
    let created: Order | undefined;
    const accepted = await this.actions.run(command, async (quote, now, transaction, extend) => {
      extend({ order_created: quote.orderId === null });
      if (quote.orderId === null) {
        const order = quote.accept(externalId, now);
        await this.automatic.mark(actor, order);
        await this.orders.insert(order);
        created = order;
        transaction.record(new OrderCreatedEvent(actor, now, order));
      } else if (externalId !== undefined) {
        const order = await this.orders.find(actor.tenantId, quote.orderId);
        if (order?.externalId !== externalId) throw new QuoteStateError(quote.quoteId, 'accept', quote.status);
      }
      return (change) => new QuoteAcceptedEvent(actor, now, quote, change);
    });
    if (created) await this.automatic.fulfil(toOrderResponse(created));
    return accepted;
  }
}
