import { Query } from '@nestjs/cqrs';
import type { Actor } from '../../shared/access/actor.js';
import type { SubscriptionResponse } from '../subscription.response.js';

/** Throws SubscriptionNotFoundError. */
export class GetSubscriptionQuery extends Query<SubscriptionResponse> {
  constructor(
    readonly actor: Actor,
    readonly subscriptionId: string,
  ) {
    super();
  }
}
