import { Global, Module } from '@nestjs/common';
import { TypeOrmModule } from '@nestjs/typeorm';
import { AutomaticFulfilment } from './automatic-fulfilment.js';
import { AutomaticFulfilmentTimer } from './automatic-fulfilment-timer.js';
import { ApproveOrderHandler } from './commands/approve-order.handler.js';
import { CancelOrderHandler } from './commands/cancel-order.handler.js';
import { CreateOrderHandler } from './commands/create-order.handler.js';
import { FulfilOrderHandler } from './commands/fulfil-order.handler.js';
import { RecordPaymentHandler } from './commands/record-payment.handler.js';
import { RefundOrderHandler } from './commands/refund-order.handler.js';
import { UpdateOrderHandler } from './commands/update-order.handler.js';
import { OrderConfirmations } from '../notifications/index.js';
import { LineReferences } from './line-references.js';
import { OrderActions } from './order-actions.js';
import { OrderFulfilment } from './order-fulfilment.js';
import { OrderWithdrawal } from './order-withdrawal.js';
import { Order } from './order.entity.js';
import { OrderRepository } from './order.repository.js';
import { OrdersController } from './orders.controller.js';
import { GetOrderHandler } from './queries/get-order.handler.js';
import { ListOrdersHandler } from './queries/list-orders.handler.js';
import { AcceptQuoteHandler } from './quotes/commands/accept-quote.handler.js';
import { CreateQuoteHandler } from './quotes/commands/create-quote.handler.js';
import { DeclineQuoteHandler } from './quotes/commands/decline-quote.handler.js';
import { SendQuoteHandler } from './quotes/commands/send-quote.handler.js';
import { UpdateQuoteHandler } from './quotes/commands/update-quote.handler.js';
import { GetQuoteHandler } from './quotes/queries/get-quote.handler.js';
import { ListQuotesHandler } from './quotes/queries/list-quotes.handler.js';
import { QuoteActions } from './quotes/quote-actions.js';
import { QuoteTimer } from './quotes/quote-timer.js';
import { Quote } from './quotes/quote.entity.js';
import { QuoteRepository } from './quotes/quote.repository.js';
import { QuotesController } from './quotes/quotes.controller.js';
import { StoredOrderConfirmations } from './stored-order-confirmations.js';

/** Global, because notifications writes about orders by what this module implements. */
@Global()
@Module({
  imports: [TypeOrmModule.forFeature([Order, Quote])],
  controllers: [QuotesController, OrdersController],
  providers: [
    OrderRepository,
    QuoteRepository,
    LineReferences,
    OrderActions,
    OrderFulfilment,
    AutomaticFulfilment,
    AutomaticFulfilmentTimer,
    OrderWithdrawal,
    QuoteActions,
    QuoteTimer,
    { provide: OrderConfirmations, useClass: StoredOrderConfirmations },
    CreateQuoteHandler,
    UpdateQuoteHandler,
    SendQuoteHandler,
    AcceptQuoteHandler,
    DeclineQuoteHandler,
    GetQuoteHandler,
    ListQuotesHandler,
    CreateOrderHandler,
    UpdateOrderHandler,
    ApproveOrderHandler,
    RecordPaymentHandler,
    FulfilOrderHandler,
    CancelOrderHandler,
    RefundOrderHandler,
    GetOrderHandler,
    ListOrdersHandler,
  ],
  exports: [OrderConfirmations],
})
export class OrdersModule {}
