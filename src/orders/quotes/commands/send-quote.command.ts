import type { z } from 'zod';
import type { CommandOptions } from '../../../shared/messaging/tenant-command.js';
import type { Actor } from '../../../shared/access/actor.js';
import { SendQuoteRequest } from '../quote.requests.js';
import { QuoteCommand } from './quote.command.js';

/** Fixes what is offered. How the quote reaches the customer is up to the caller. */
export class SendQuoteCommand extends QuoteCommand<typeof SendQuoteRequest> {
  static readonly operation = 'quotes.send';

  constructor(actor: Actor, quoteId: string, request: z.input<typeof SendQuoteRequest>, options: CommandOptions = {}) {
    super(SendQuoteRequest, actor, quoteId, request, options);
  }
}
