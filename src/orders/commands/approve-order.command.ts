import type { z } from 'zod';
import type { CommandOptions } from '../../shared/messaging/tenant-command.js';
import type { Actor } from '../../shared/access/actor.js';
import { ApproveOrderRequest } from '../order.requests.js';
import { OrderCommand } from './order.command.js';

/** Approves an order, and fulfils it if the settings of the tenant say so. */
export class ApproveOrderCommand extends OrderCommand<typeof ApproveOrderRequest> {
  static readonly operation = 'orders.approve';

  constructor(
    actor: Actor,
    orderId: string,
    request: z.input<typeof ApproveOrderRequest>,
    options: CommandOptions = {},
  ) {
    super(ApproveOrderRequest, actor, orderId, request, options);
  }
}
