import { CommandHandler, QueryBus, type ICommandHandler } from '@nestjs/cqrs';
import { assertCustomerAllowed } from '../../customers/index.js';
import { violates } from '../../database/sql-errors.js';
import { TenantNotFoundError } from '../../shared/access/access.errors.js';
import { UnitOfWork } from '../../shared/persistence/unit-of-work.js';
import { Clock } from '../../shared/time/clock.js';
import { GetTemplateQuery } from '../../templates/index.js';
import { SubscriptionCreatedEvent } from '../events/subscription.events.js';
import { Subscription } from '../subscription.entity.js';
import { SubscriptionExistsError } from '../subscription.errors.js';
import { SubscriptionRepository } from '../subscription.repository.js';
import { toSubscriptionResponse } from '../subscription.response.js';
import { deriveState } from '../subscription-state.js';
import { CreateSubscriptionCommand } from './create-subscription.command.js';

@CommandHandler(CreateSubscriptionCommand)
export class CreateSubscriptionHandler implements ICommandHandler<CreateSubscriptionCommand> {
  constructor(
    private readonly unitOfWork: UnitOfWork,
    private readonly subscriptions: SubscriptionRepository,
    private readonly queries: QueryBus,
    private readonly clock: Clock,
  ) {}

  execute(command: CreateSubscriptionCommand) {
    const { actor, subscription: input } = command;
    const now = this.clock.now();
    return this.unitOfWork.perform(command, async (transaction) => {
      await assertCustomerAllowed(this.queries, actor, input.customer_id);
      await this.queries.execute(new GetTemplateQuery(actor, input.template_id));
      const subscription = Subscription.create(actor.tenantId, input, now);
      subscription.setState(deriveState(subscription.initialState, []));
      await this.subscriptions.insert(subscription).catch((error: unknown) => {
        if (violates(error, 'subscriptions_pkey')) throw new SubscriptionExistsError(subscription.subscriptionId);
        if (violates(error, 'subscriptions_tenant')) throw new TenantNotFoundError();
        throw error;
      });
      transaction.record(new SubscriptionCreatedEvent(actor, now, subscription, { after: subscription.snapshot(now) }));
      return toSubscriptionResponse(subscription, null, now);
    });
  }
}
