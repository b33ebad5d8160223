import type { z } from 'zod';
import type { CommandOptions } from '../../shared/messaging/tenant-command.js';
import type { Actor } from '../../shared/access/actor.js';
import { LinkLicenseRequest } from '../subscription.requests.js';
import type { LinkedSubscription } from '../subscription.response.js';
import { SubscriptionCommand } from './subscription.command.js';

/**
 * Links a license, which follows the subscription from now on. Linking it again changes nothing. Also throws LicenseNotFoundError,
 * SubscriptionLinkedError, LicenseSubscribedError, SubscriptionCustomerMismatchError, LicenseIsTrialError, LicenseStateError and the errors
 * of a change of template.
 */
export class LinkLicenseCommand extends SubscriptionCommand<typeof LinkLicenseRequest, LinkedSubscription> {
  static readonly operation = 'subscriptions.link';

  constructor(
    actor: Actor,
    subscriptionId: string,
    request: z.input<typeof LinkLicenseRequest>,
    options: CommandOptions = {},
  ) {
    super(LinkLicenseRequest, actor, subscriptionId, request, options);
  }
}
