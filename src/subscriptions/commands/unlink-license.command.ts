import { TenantCommand, type CommandOptions } from '../../shared/messaging/tenant-command.js';
import type { Actor } from '../../shared/access/actor.js';
import type { SubscriptionResponse } from '../subscription.response.js';

/**
 * Unlinks the license, which keeps its expiry and a suspension. Without a license nothing changes. Throws SubscriptionNotFoundError,
 * PreconditionFailedError.
 */
export class UnlinkLicenseCommand extends TenantCommand<SubscriptionResponse> {
  static readonly operation = 'subscriptions.unlink';

  constructor(
    actor: Actor,
    readonly subscriptionId: string,
    options: CommandOptions = {},
  ) {
    super(actor, options);
  }

  get payload() {
    return { subscription_id: this.subscriptionId };
  }
}
