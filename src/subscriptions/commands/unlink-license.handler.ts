import { CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { UnitOfWork } from '../../shared/persistence/unit-of-work.js';
import { Clock } from '../../shared/time/clock.js';
import { SubscriptionNotFoundError } from '../subscription.errors.js';
import { SubscriptionRepository } from '../subscription.repository.js';
import { toSubscriptionResponse } from '../subscription.response.js';
import { SubscriptionUpdater } from '../subscription-updater.js';
import { UnlinkLicenseCommand } from './unlink-license.command.js';

@CommandHandler(UnlinkLicenseCommand)
export class UnlinkLicenseHandler implements ICommandHandler<UnlinkLicenseCommand> {
  constructor(
    private readonly unitOfWork: UnitOfWork,
    private readonly subscriptions: SubscriptionRepository,
    private readonly updater: SubscriptionUpdater,
    private readonly clock: Clock,
  ) {}

  execute(command: UnlinkLicenseCommand) {
    const { actor, subscriptionId, request, options } = command;
    return this.unitOfWork.perform(command, async (transaction) => {
      const subscription = await this.subscriptions.findForUpdate(actor.tenantId, subscriptionId);
      if (!subscription) throw new SubscriptionNotFoundError(subscriptionId);
      subscription.assertVersion(options.ifMatch);
      const now = this.clock.now();
      await this.updater.unlink(transaction, actor, subscription, now, request.reason);
      return toSubscriptionResponse(subscription, null, now);
    });
  }
}
