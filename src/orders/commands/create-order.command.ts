import type { z } from 'zod';
import { validated } from '../../shared/http/validation.pipe.js';
import { TenantCommand, type CommandOptions } from '../../shared/messaging/tenant-command.js';
import type { Actor } from '../../shared/access/actor.js';
import { CreateOrderRequest } from '../order.requests.js';
import type { OrderResponse } from '../order.response.js';

export interface CreateOrderOptions extends CommandOptions {
  /** Id of the order, only for sample data, because it is in public documents. */
  readonly orderId?: string;
}

/** Throws ValidationError, OrderExistsError, TemplateNotFoundError, LicenseNotFoundError. */
export class CreateOrderCommand extends TenantCommand<OrderResponse> {
  static readonly operation = 'orders.create';

  readonly request: CreateOrderRequest;

  constructor(
    actor: Actor,
    request: z.input<typeof CreateOrderRequest>,
    override readonly options: CreateOrderOptions = {},
  ) {
    super(actor, options);
    this.request = validated(CreateOrderRequest, request);
  }

  get payload() {
    return { request: this.request };
  }
}
