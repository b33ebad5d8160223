export const SUBSCRIPTION_STATUSES = ['TRIALING', 'ACTIVE', 'PAST_DUE', 'CANCELED', 'ENDED'] as const;
export type SubscriptionStatus = (typeof SUBSCRIPTION_STATUSES)[number];

/** Status in the database. ENDED is never stored: it follows from `ends_at` and the current time. */
export type StoredSubscriptionStatus = Exclude<SubscriptionStatus, 'ENDED'>;

/** Reason for which a subscription suspends its license. */
export const SUBSCRIPTION_HOLDS = ['PAUSED', 'REFUNDED', 'CHARGED_BACK'] as const;
export type SubscriptionHold = (typeof SUBSCRIPTION_HOLDS)[number];

/** Kinds that a billing system sends. */
export const BILLING_EVENT_KINDS = [
  'activated',
  'renewed',
  'payment_failed',
  'payment_recovered',
  'plan_changed',
  'quantity_changed',
  'paused',
  'resumed',
  'cancel_scheduled',
  'canceled',
  'refunded',
  'charged_back',
] as const;

/** A correction is the event of a PATCH: it takes its place in the order as the events of the billing system do. */
export const STORED_EVENT_KINDS = [...BILLING_EVENT_KINDS, 'corrected'] as const;
export type StoredEventKind = (typeof STORED_EVENT_KINDS)[number];
