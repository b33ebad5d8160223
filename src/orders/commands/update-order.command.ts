import type { z } from 'zod';
import type { CommandOptions } from '../../shared/messaging/tenant-command.js';
import type { Actor } from '../../shared/access/actor.js';
import { UpdateOrderRequest } from '../order.requests.js';
import { OrderCommand } from './order.command.js';

/** Changes an order. Also throws OrderBegunError, TemplateNotFoundError, LicenseNotFoundError. */
export class UpdateOrderCommand extends OrderCommand<typeof UpdateOrderRequest> {
  static readonly operation = 'orders.update';

  constructor(
    actor: Actor,
    orderId: string,
    request: z.input<typeof UpdateOrderRequest>,
    options: CommandOptions = {},
  ) {
    super(UpdateOrderRequest, actor, orderId, request, options);
  }
}
