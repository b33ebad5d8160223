import { Query } from '@nestjs/cqrs';
import type { Actor } from '../../shared/access/actor.js';
import type { ListBillingEventsRequest } from '../billing-event.requests.js';
import type { BillingEventPage } from '../billing-event.response.js';

/** Throws SubscriptionNotFoundError. */
export class ListBillingEventsQuery extends Query<BillingEventPage> {
  constructor(
    readonly actor: Actor,
    readonly subscriptionId: string,
    readonly request: ListBillingEventsRequest,
  ) {
    super();
  }
}
