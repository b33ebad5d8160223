import { CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { InvalidFieldError } from '../../shared/errors.js';
import { UnitOfWork } from '../../shared/persistence/unit-of-work.js';
import { Clock } from '../../shared/time/clock.js';
import { BillingEvent } from '../billing-event.entity.js';
import { BillingEventRepository } from '../billing-event.repository.js';
import type { BillingEventReceipt } from '../billing-event.response.js';
import { SubscriptionEventReceivedEvent } from '../events/subscription.events.js';
import { BillingEventConflictError, SubscriptionNotFoundError } from '../subscription.errors.js';
import { SubscriptionRepository } from '../subscription.repository.js';
import { SubscriptionUpdater } from '../subscription-updater.js';
import { IngestBillingEventCommand } from './ingest-billing-event.command.js';

/** Most that the clock of a billing system may be ahead: an event of the far future would decide over all that follow. */
const MAX_AHEAD_MS = 24 * 60 * 60 * 1000;

/** Stores each event once and derives the subscription from all of them, in one transaction under the subscription's lock. */
@CommandHandler(IngestBillingEventCommand)
export class IngestBillingEventHandler implements ICommandHandler<IngestBillingEventCommand> {
  constructor(
    private readonly unitOfWork: UnitOfWork,
    private readonly subscriptions: SubscriptionRepository,
    private readonly events: BillingEventRepository,
    private readonly updater: SubscriptionUpdater,
    private readonly clock: Clock,
  ) {}

  execute(command: IngestBillingEventCommand) {
    const { actor, subscriptionId, request } = command;
    return this.unitOfWork.perform(command, async (transaction): Promise<BillingEventReceipt> => {
      const subscription = await this.subscriptions.findForUpdate(actor.tenantId, subscriptionId);
      if (!subscription) throw new SubscriptionNotFoundError(subscriptionId);
      const now = this.clock.now();
      await this.updater.recordEnd(transaction, subscription, now);
      const event = BillingEvent.received(subscription, request, now);
      const earlier = await this.events.ofSubscription(transaction, subscriptionId);
      const known = earlier.find(({ eventId }) => eventId === event.eventId);
      const receipt = (duplicate: boolean, changed: boolean) => ({
        subscription_id: subscriptionId,
        event_id: event.eventId,
        duplicate,
        changed,
        status: subscription.statusAt(now),
      });
      if (known) {
        if (!known.equals(event)) throw new BillingEventConflictError(event.eventId);
        return receipt(true, false);
      }
      if (event.occurredAt.getTime() > now.getTime() + MAX_AHEAD_MS)
        throw new InvalidFieldError('/occurred_at', 'must not be more than 24 hours in the future');
      await this.events.insert(event);
      const before = subscription.snapshot(now);
      await this.updater.derive(actor, subscription, [...earlier, event]);
      const change = subscription.changeSince(before, now);
      await this.subscriptions.update(subscription);
      transaction.record(new SubscriptionEventReceivedEvent(actor, now, subscription, event, change, request.reason));
      await this.updater.recordEnd(transaction, subscription, now);
      return receipt(false, change !== undefined);
    });
  }
}
