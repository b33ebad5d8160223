import type { z } from 'zod';
import type { CommandOptions } from '../../shared/messaging/tenant-command.js';
import type { Actor } from '../../shared/access/actor.js';
import { RecordPaymentRequest } from '../order.requests.js';
import { OrderCommand } from './order.command.js';

/** Records a payment, or one that failed. Also throws PaymentTooHighError. */
export class RecordPaymentCommand extends OrderCommand<typeof RecordPaymentRequest> {
  static readonly operation = 'orders.record-payment';

  constructor(
    actor: Actor,
    orderId: string,
    request: z.input<typeof RecordPaymentRequest>,
    options: CommandOptions = {},
  ) {
    super(RecordPaymentRequest, actor, orderId, request, options);
  }
}
