/** Steps of the contract on quotes and orders. */
export type OrderStepName =
  | 'openQuote'
  | 'getQuote'
  | 'acceptQuote'
  | 'getOrder'
  | 'fulfilOrder'
  | 'cancelOrder'
  | 'confirmOrder';
