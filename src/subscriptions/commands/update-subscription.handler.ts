import { CommandHandler, QueryBus, type ICommandHandler } from '@nestjs/cqrs';
import { InvalidFieldError } from '../../shared/errors.js';
import { newId } from '../../shared/random.js';
import { UnitOfWork } from '../../shared/persistence/unit-of-work.js';
import { Clock } from '../../shared/time/clock.js';
import { GetTemplateQuery } from '../../templates/index.js';
import { BillingEvent } from '../billing-event.entity.js';
import { BillingEventRepository } from '../billing-event.repository.js';
import { SubscriptionUpdatedEvent } from '../events/subscription.events.js';
import { SubscriptionNotFoundError } from '../subscription.errors.js';
import { SubscriptionRepository } from '../subscription.repository.js';
import { toSubscriptionResponse } from '../subscription.response.js';
import { toFacts } from '../subscription-state.js';
import { SubscriptionUpdater } from '../subscription-updater.js';
import { UpdateSubscriptionCommand } from './update-subscription.command.js';

@CommandHandler(UpdateSubscriptionCommand)
export class UpdateSubscriptionHandler implements ICommandHandler<UpdateSubscriptionCommand> {
  constructor(
    private readonly unitOfWork: UnitOfWork,
    private readonly subscriptions: SubscriptionRepository,
    private readonly events: BillingEventRepository,
    private readonly updater: SubscriptionUpdater,
    private readonly queries: QueryBus,
    private readonly clock: Clock,
  ) {}

  execute(command: UpdateSubscriptionCommand) {
    const { actor, subscriptionId, request, options } = command;
    const { metadata, reason, ...terms } = request;
    return this.unitOfWork.perform(command, async (transaction) => {
      const subscription = await this.subscriptions.findForUpdate(actor.tenantId, subscriptionId);
      if (!subscription) throw new SubscriptionNotFoundError(subscriptionId);
      subscription.assertVersion(options.ifMatch);
      const now = this.clock.now();
      await this.updater.recordEnd(transaction, subscription, now);
      const before = subscription.snapshot(now);
      if (metadata !== undefined) subscription.mergeMetadata(metadata);
      const facts = toFacts(terms);
      const isCorrected = Object.entries(facts).some(([name, value]) => before[name] !== value);
      let license = await this.updater.licenseOf(actor, subscription);
      if (isCorrected) {
        if (terms.template_id !== undefined) await this.queries.execute(new GetTemplateQuery(actor, terms.template_id));
        const earlier = await this.events.ofSubscription(transaction, subscriptionId);
        const correction = BillingEvent.correction(subscription, newId(), earlier, facts, now);
        await this.events.insert(correction);
        license = await this.updater.derive(actor, subscription, [...earlier, correction]);
        const { periodStart, periodEnd } = subscription;
        if (periodStart && periodEnd && periodStart >= periodEnd)
          throw new InvalidFieldError('/period_end', 'must be after period_start');
      }
      const change = subscription.changeSince(before, now);
      if (change ?? isCorrected) await this.subscriptions.update(subscription);
      if (change) transaction.record(new SubscriptionUpdatedEvent(actor, now, subscription, change, reason));
      await this.updater.recordEnd(transaction, subscription, now);
      return toSubscriptionResponse(subscription, license, now);
    });
  }
}
