import type { z } from 'zod';
import { validated } from '../../shared/http/validation.pipe.js';
import { TenantCommand, type CommandOptions } from '../../shared/messaging/tenant-command.js';
import type { Actor } from '../../shared/access/actor.js';
import { CreateSubscriptionRequest } from '../subscription.requests.js';
import type { SubscriptionResponse } from '../subscription.response.js';

/** Throws ValidationError, TemplateNotFoundError, SubscriptionExistsError. */
export class CreateSubscriptionCommand extends TenantCommand<SubscriptionResponse> {
  static readonly operation = 'subscriptions.create';

  readonly subscription: CreateSubscriptionRequest;

  constructor(actor: Actor, subscription: z.input<typeof CreateSubscriptionRequest>, options: CommandOptions = {}) {
    super(actor, options);
    this.subscription = validated(CreateSubscriptionRequest, subscription);
  }

  get payload() {
    return { request: this.subscription };
  }
}
