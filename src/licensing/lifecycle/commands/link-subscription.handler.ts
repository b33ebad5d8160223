import { CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { LicenseSubscriptionChangedEvent } from '../../events/license-action.events.js';
import { LicenseActions } from '../license-actions.js';
import { LinkSubscriptionCommand } from './link-subscription.command.js';

@CommandHandler(LinkSubscriptionCommand)
export class LinkSubscriptionHandler implements ICommandHandler<LinkSubscriptionCommand> {
  constructor(private readonly actions: LicenseActions) {}

  execute(command: LinkSubscriptionCommand) {
    const { actor, request } = command;
    return this.actions.run(command, (license, now) => {
      const change = license.linkSubscription(request.subscription_id, now);
      return change && new LicenseSubscriptionChangedEvent(actor, now, license, change, request.reason);
    });
  }
}
