export { ApproveOrderCommand } from './commands/approve-order.command.js';
export { CancelOrderCommand } from './commands/cancel-order.command.js';
export { CreateOrderCommand } from './commands/create-order.command.js';
export { FulfilOrderCommand } from './commands/fulfil-order.command.js';
export { RecordPaymentCommand } from './commands/record-payment.command.js';
export { RefundOrderCommand } from './commands/refund-order.command.js';
export { UpdateOrderCommand } from './commands/update-order.command.js';
export { AcceptQuoteCommand } from './quotes/commands/accept-quote.command.js';
export { CreateQuoteCommand } from './quotes/commands/create-quote.command.js';
export { DeclineQuoteCommand } from './quotes/commands/decline-quote.command.js';
export { SendQuoteCommand } from './quotes/commands/send-quote.command.js';
export { UpdateQuoteCommand } from './quotes/commands/update-quote.command.js';
export * from './events/order.events.js';
export * from './events/quote.events.js';
export {
  OrderExistsError,
  OrderLineRefusedError,
  OrderNotDueError,
  OrderNotFoundError,
  OrderStateError,
  PaymentTooHighError,
  RefundTooHighError,
} from './order.errors.js';
export { QuoteExpiredError, QuoteNotFoundError, QuoteStateError } from './quotes/quote.errors.js';
export type { CreateOrderRequest } from './order.requests.js';
export type { FulfilledOrder, OrderResponse } from './order.response.js';
export type { CreateQuoteRequest } from './quotes/quote.requests.js';
export type { AcceptedQuote, QuoteResponse } from './quotes/quote.response.js';
export { GetOrderQuery } from './queries/get-order.query.js';
export { ListOrdersQuery } from './queries/list-orders.query.js';
export { GetQuoteQuery } from './quotes/queries/get-quote.query.js';
export { ListQuotesQuery } from './quotes/queries/list-quotes.query.js';
export { OrdersModule } from './orders.module.js';
