import type { z } from 'zod';
import type { CommandOptions } from '../../shared/messaging/tenant-command.js';
import type { Actor } from '../../shared/access/actor.js';
import { RefundOrderRequest } from '../order.requests.js';
import { OrderCommand } from './order.command.js';

/** Refunds lines or a whole order, and suspends or revokes what they issued. Also throws PermissionDeniedError, RefundTooHighError. */
export class RefundOrderCommand extends OrderCommand<typeof RefundOrderRequest> {
  static readonly operation = 'orders.refund';

  constructor(
    actor: Actor,
    orderId: string,
    request: z.input<typeof RefundOrderRequest>,
    options: CommandOptions = {},
  ) {
    super(RefundOrderRequest, actor, orderId, request, options);
  }
}
