import { ReasonRequest } from '../../shared/http/action-reason.js';
import { validated } from '../../shared/http/validation.pipe.js';
import { TenantCommand, type CommandOptions } from '../../shared/messaging/tenant-command.js';
import type { Actor } from '../../shared/access/actor.js';
import type { SubscriptionResponse } from '../subscription.response.js';

/**
 * Unlinks the license, which keeps its expiry and a suspension. Without a license nothing changes. Throws ValidationError,
 * SubscriptionNotFoundError, PreconditionFailedError.
 */
export class UnlinkLicenseCommand extends TenantCommand<SubscriptionResponse> {
  static readonly operation = 'subscriptions.unlink';

  readonly request: ReasonRequest;

  constructor(
    actor: Actor,
    readonly subscriptionId: string,
    request: ReasonRequest = {},
    options: CommandOptions = {},
  ) {
    super(actor, options);
    this.request = validated(ReasonRequest, request);
  }

  get payload() {
    return { subscription_id: this.subscriptionId, ...this.request };
  }
}
