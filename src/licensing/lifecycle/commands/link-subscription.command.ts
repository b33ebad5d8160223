import type { z } from 'zod';
import type { CommandOptions } from '../../../shared/messaging/tenant-command.js';
import type { Actor } from '../../../shared/access/actor.js';
import { LinkSubscriptionRequest } from '../../license-action.requests.js';
import { LicenseCommand } from './license.command.js';

/** Links a license to a subscription, or unlinks it: `subscription_id` null. The expiry stays. */
export class LinkSubscriptionCommand extends LicenseCommand<typeof LinkSubscriptionRequest> {
  static readonly operation = 'licenses.link-subscription';

  constructor(
    actor: Actor,
    licenseId: string,
    request: z.input<typeof LinkSubscriptionRequest>,
    options: CommandOptions = {},
  ) {
    super(LinkSubscriptionRequest, actor, licenseId, request, options);
  }
}
