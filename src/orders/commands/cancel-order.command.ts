import type { z } from 'zod';
import type { CommandOptions } from '../../shared/messaging/tenant-command.js';
import type { Actor } from '../../shared/access/actor.js';
import { CancelOrderRequest } from '../order.requests.js';
import { OrderCommand } from './order.command.js';

/** Cancels an order, and suspends or revokes what it issued if the request says so. Also throws PermissionDeniedError. */
export class CancelOrderCommand extends OrderCommand<typeof CancelOrderRequest> {
  static readonly operation = 'orders.cancel';

  constructor(
    actor: Actor,
    orderId: string,
    request: z.input<typeof CancelOrderRequest>,
    options: CommandOptions = {},
  ) {
    super(CancelOrderRequest, actor, orderId, request, options);
  }
}
