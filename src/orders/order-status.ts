export const ORDER_STATUSES = ['PENDING', 'APPROVED', 'FULFILLED', 'CANCELLED'] as const;
export type OrderStatus = (typeof ORDER_STATUSES)[number];

export const PAYMENT_STATUSES = ['PENDING', 'PAID', 'PARTIAL', 'FAILED', 'REFUNDED'] as const;
export type PaymentStatus = (typeof PAYMENT_STATUSES)[number];

export const AUTOMATIC_FULFILMENT_STATUSES = ['DUE', 'REFUSED'] as const;
export type AutomaticFulfilmentStatus = (typeof AUTOMATIC_FULFILMENT_STATUSES)[number];

export const ORDER_ACTIONS = ['revise', 'approve', 'record-payment', 'fulfil', 'cancel', 'refund'] as const;
export type OrderAction = (typeof ORDER_ACTIONS)[number];

type Targets<Status extends string> = Readonly<Partial<Record<Status, Status>>>;

/** Status after an action, by the status before it. An action without an entry is refused. */
export const ORDER_TRANSITIONS: Readonly<Record<OrderAction, Targets<OrderStatus>>> = {
  revise: { PENDING: 'PENDING' },
  approve: { PENDING: 'APPROVED' },
  'record-payment': { PENDING: 'PENDING', APPROVED: 'APPROVED', FULFILLED: 'FULFILLED' },
  fulfil: { PENDING: 'FULFILLED', APPROVED: 'FULFILLED', FULFILLED: 'FULFILLED' },
  cancel: { PENDING: 'CANCELLED', APPROVED: 'CANCELLED', FULFILLED: 'CANCELLED', CANCELLED: 'CANCELLED' },
  refund: { PENDING: 'PENDING', APPROVED: 'APPROVED', FULFILLED: 'FULFILLED', CANCELLED: 'CANCELLED' },
};

/** Payment statuses in which an action is allowed. */
export const ORDER_PAYMENTS: Readonly<Record<OrderAction, readonly PaymentStatus[]>> = {
  revise: ['PENDING', 'FAILED', 'PAID'],
  approve: ['PENDING', 'PAID', 'PARTIAL', 'FAILED'],
  'record-payment': ['PENDING', 'PARTIAL', 'FAILED'],
  fulfil: ['PENDING', 'PAID', 'PARTIAL', 'FAILED'],
  cancel: PAYMENT_STATUSES,
  refund: ['PAID', 'PARTIAL', 'REFUNDED'],
};
