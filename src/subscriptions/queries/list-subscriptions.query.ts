import { Query } from '@nestjs/cqrs';
import type { Actor } from '../../shared/access/actor.js';
import type { ListSubscriptionsRequest } from '../subscription.requests.js';
import type { SubscriptionPage } from '../subscription.response.js';

export class ListSubscriptionsQuery extends Query<SubscriptionPage> {
  constructor(
    readonly actor: Actor,
    readonly request: ListSubscriptionsRequest,
  ) {
    super();
  }
}
