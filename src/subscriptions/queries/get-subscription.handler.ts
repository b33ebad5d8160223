import { QueryHandler, type IQueryHandler } from '@nestjs/cqrs';
import { Clock } from '../../shared/time/clock.js';
import { SubscriptionNotFoundError } from '../subscription.errors.js';
import { SubscriptionRepository } from '../subscription.repository.js';
import { toSubscriptionResponse } from '../subscription.response.js';
import { SubscriptionUpdater } from '../subscription-updater.js';
import { GetSubscriptionQuery } from './get-subscription.query.js';

@QueryHandler(GetSubscriptionQuery)
export class GetSubscriptionHandler implements IQueryHandler<GetSubscriptionQuery> {
  constructor(
    private readonly subscriptions: SubscriptionRepository,
    private readonly updater: SubscriptionUpdater,
    private readonly clock: Clock,
  ) {}

  async execute({ actor, subscriptionId }: GetSubscriptionQuery) {
    const subscription = await this.subscriptions.find(actor.tenantId, subscriptionId);
    if (!subscription) throw new SubscriptionNotFoundError(subscriptionId);
    return toSubscriptionResponse(subscription, await this.updater.licenseOf(actor, subscription), this.clock.now());
  }
}
