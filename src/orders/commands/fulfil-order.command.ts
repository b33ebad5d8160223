import type { z } from 'zod';
import type { CommandOptions } from '../../shared/messaging/tenant-command.js';
import type { Actor } from '../../shared/access/actor.js';
import { FulfilOrderRequest } from '../order.requests.js';
import type { FulfilledOrder } from '../order.response.js';
import { OrderCommand } from './order.command.js';

/** Fulfils each line once, however often it is sent: up to 1,000 units in one unit of work, more in steps. Throws PermissionDeniedError, OrderNotDueError, OrderLineRefusedError. */
export class FulfilOrderCommand extends OrderCommand<typeof FulfilOrderRequest, FulfilledOrder> {
  static readonly operation = 'orders.fulfil';

  constructor(
    actor: Actor,
    orderId: string,
    request: z.input<typeof FulfilOrderRequest>,
    options: CommandOptions = {},
  ) {
    super(FulfilOrderRequest, actor, orderId, request, options);
  }
}
