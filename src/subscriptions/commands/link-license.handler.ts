import { CommandHandler, QueryBus, type ICommandHandler } from '@nestjs/cqrs';
import { CommandBus } from '@nestjs/cqrs';
import { violates } from '../../database/sql-errors.js';
import { GetLicenseQuery, LinkSubscriptionCommand } from '../../licensing/index.js';
import { UnitOfWork } from '../../shared/persistence/unit-of-work.js';
import { Clock } from '../../shared/time/clock.js';
import { BillingEventRepository } from '../billing-event.repository.js';
import { SubscriptionLinkedEvent } from '../events/subscription.events.js';
import type { Subscription } from '../subscription.entity.js';
import {
  LicenseSubscribedError,
  SubscriptionCustomerMismatchError,
  SubscriptionLinkedError,
  SubscriptionNotFoundError,
} from '../subscription.errors.js';
import { SubscriptionRepository } from '../subscription.repository.js';
import { toSubscriptionResponse } from '../subscription.response.js';
import { SubscriptionUpdater } from '../subscription-updater.js';
import { LinkLicenseCommand } from './link-license.command.js';

@CommandHandler(LinkLicenseCommand)
export class LinkLicenseHandler implements ICommandHandler<LinkLicenseCommand> {
  constructor(
    private readonly unitOfWork: UnitOfWork,
    private readonly subscriptions: SubscriptionRepository,
    private readonly events: BillingEventRepository,
    private readonly updater: SubscriptionUpdater,
    private readonly commands: CommandBus,
    private readonly queries: QueryBus,
    private readonly clock: Clock,
  ) {}

  execute(command: LinkLicenseCommand) {
    const { actor, subscriptionId, request, options } = command;
    const { license_id: licenseId } = request;
    return this.unitOfWork.perform(command, async (transaction) => {
      const { subscription_id: formerId } = await this.queries.execute(new GetLicenseQuery(actor, licenseId));
      const locked = await this.lock(actor.tenantId, [subscriptionId, formerId ?? subscriptionId]);
      const subscription = locked.get(subscriptionId);
      if (!subscription) throw new SubscriptionNotFoundError(subscriptionId);
      subscription.assertVersion(options.ifMatch);
      const now = this.clock.now();
      await this.updater.recordEnd(transaction, subscription, now);
      if (subscription.licenseId === licenseId) {
        const linked = await this.updater.licenseOf(actor, subscription);
        return { ...toSubscriptionResponse(subscription, linked, now), linked_now: false };
      }
      if (subscription.licenseId !== null) throw new SubscriptionLinkedError(subscriptionId, subscription.licenseId);
      const former = locked.get(formerId ?? subscriptionId);
      if (former?.licenseId === licenseId) {
        if (!former.hasEnded(now)) throw new LicenseSubscribedError(licenseId, former.subscriptionId);
        await this.updater.unlink(transaction, actor, former, now);
      }
      const license = await this.commands.execute(
        new LinkSubscriptionCommand(actor, licenseId, { subscription_id: subscriptionId }),
      );
      if (license.customer_id !== subscription.customerId)
        throw new SubscriptionCustomerMismatchError(licenseId, subscriptionId);
      const before = subscription.snapshot(now);
      subscription.link(licenseId);
      const events = await this.events.ofSubscription(transaction, subscriptionId);
      const following = await this.updater.derive(actor, subscription, events, { strict: true });
      const change = subscription.changeSince(before, now);
      await this.subscriptions.update(subscription).catch((error: unknown) => {
        // Another subscription was linked since the license was read.
        throw violates(error, 'subscriptions_license') ? new LicenseSubscribedError(licenseId) : error;
      });
      if (change) transaction.record(new SubscriptionLinkedEvent(actor, now, subscription, change));
      return { ...toSubscriptionResponse(subscription, following, now), linked_now: true };
    });
  }

  /** Locks subscriptions in the order of their ids, so that two requests do not wait for each other. */
  private async lock(tenantId: string, ids: readonly string[]): Promise<ReadonlyMap<string, Subscription>> {
    const locked = new Map<string, Subscription>();
    for (const id of [...new Set(ids)].sort()) {
      const subscription = await this.subscriptions.findForUpdate(tenantId, id);
      if (subscription) locked.set(id, subscription);
    }
    return locked;
  }
}
