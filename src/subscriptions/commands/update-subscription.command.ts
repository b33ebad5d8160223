import type { z } from 'zod';
import type { CommandOptions } from '../../shared/messaging/tenant-command.js';
import type { Actor } from '../../shared/access/actor.js';
import { UpdateSubscriptionRequest } from '../subscription.requests.js';
import type { SubscriptionResponse } from '../subscription.response.js';
import { SubscriptionCommand } from './subscription.command.js';

/** Edits a subscription; terms and period are corrected as of now. Also throws TemplateNotFoundError, InvalidFieldError. */
export class UpdateSubscriptionCommand extends SubscriptionCommand<
  typeof UpdateSubscriptionRequest,
  SubscriptionResponse
> {
  static readonly operation = 'subscriptions.update';

  constructor(
    actor: Actor,
    subscriptionId: string,
    request: z.input<typeof UpdateSubscriptionRequest>,
    options: CommandOptions = {},
  ) {
    super(UpdateSubscriptionRequest, actor, subscriptionId, request, options);
  }
}
