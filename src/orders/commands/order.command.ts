import type { z } from 'zod';
import { TenantCommand, type CommandOptions } from '../../shared/messaging/tenant-command.js';
import { validated } from '../../shared/http/validation.pipe.js';
import type { Actor } from '../../shared/access/actor.js';
import type { OrderResponse } from '../order.response.js';

/**
 * Action on an existing order. Every action throws ValidationError, OrderNotFoundError, PreconditionFailedError, and OrderStateError if
 * the status of the order or of its payment does not allow it.
 */
export abstract class OrderCommand<
  Schema extends z.ZodType = z.ZodType,
  Result = OrderResponse,
> extends TenantCommand<Result> {
  readonly request: z.output<Schema>;

  protected constructor(
    schema: Schema,
    actor: Actor,
    readonly orderId: string,
    request: z.input<Schema>,
    options: CommandOptions,
  ) {
    super(actor, options);
    this.request = validated(schema, request);
  }

  get payload() {
    return { order_id: this.orderId, request: this.request };
  }
}
