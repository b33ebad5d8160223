import type { z } from 'zod';
import type { CommandOptions } from '../../shared/messaging/tenant-command.js';
import type { Actor } from '../../shared/access/actor.js';
import { BillingEventRequest } from '../billing-event.requests.js';
import type { BillingEventReceipt } from '../billing-event.response.js';
import { SubscriptionCommand } from './subscription.command.js';

/**
 * Stores an event of the billing system and applies it in its place in the order of all events. A repeated event changes nothing. Also
 * throws BillingEventConflictError, InvalidFieldError.
 */
export class IngestBillingEventCommand extends SubscriptionCommand<typeof BillingEventRequest, BillingEventReceipt> {
  static readonly operation = 'subscriptions.ingest';

  constructor(
    actor: Actor,
    subscriptionId: string,
    request: z.input<typeof BillingEventRequest>,
    options: CommandOptions = {},
  ) {
    super(BillingEventRequest, actor, subscriptionId, request, options);
  }
}
