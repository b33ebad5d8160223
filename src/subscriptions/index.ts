export { CreateSubscriptionCommand } from './commands/create-subscription.command.js';
export { IngestBillingEventCommand } from './commands/ingest-billing-event.command.js';
export { LinkLicenseCommand } from './commands/link-license.command.js';
export { UnlinkLicenseCommand } from './commands/unlink-license.command.js';
export { UpdateSubscriptionCommand } from './commands/update-subscription.command.js';
export * from './events/subscription.events.js';
export type { BillingEventRequest } from './billing-event.requests.js';
export type { BillingEventReceipt } from './billing-event.response.js';
export type { CreateSubscriptionRequest, UpdateSubscriptionRequest } from './subscription.requests.js';
export type { LinkedSubscription, SubscriptionResponse } from './subscription.response.js';
export {
  BillingEventConflictError,
  LicenseSubscribedError,
  SubscriptionCustomerMismatchError,
  SubscriptionExistsError,
  SubscriptionLinkedError,
  SubscriptionNotFoundError,
} from './subscription.errors.js';
export { GetSubscriptionQuery } from './queries/get-subscription.query.js';
export { ListBillingEventsQuery } from './queries/list-billing-events.query.js';
export { ListSubscriptionsQuery } from './queries/list-subscriptions.query.js';
export { SubscriptionsModule } from './subscriptions.module.js';
