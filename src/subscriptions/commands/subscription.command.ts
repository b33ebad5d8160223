import type { z } from 'zod';
import { validated } from '../../shared/http/validation.pipe.js';
import { TenantCommand, type CommandOptions } from '../../shared/messaging/tenant-command.js';
import type { Actor } from '../../shared/access/actor.js';

/** Command on an existing subscription. Each throws ValidationError, SubscriptionNotFoundError and PreconditionFailedError. */
export abstract class SubscriptionCommand<Schema extends z.ZodType, Result> extends TenantCommand<Result> {
  readonly request: z.output<Schema>;

  protected constructor(
    schema: Schema,
    actor: Actor,
    readonly subscriptionId: string,
    request: z.input<Schema>,
    options: CommandOptions,
  ) {
    super(actor, options);
    this.request = validated(schema, request);
  }

  get payload() {
    return { subscription_id: this.subscriptionId, request: this.request };
  }
}
