import type { z } from 'zod';
import type { CommandOptions } from '../../../shared/messaging/tenant-command.js';
import type { Actor } from '../../../shared/access/actor.js';
import { AcceptQuoteRequest } from '../quote.requests.js';
import type { AcceptedQuote } from '../quote.response.js';
import { QuoteCommand } from './quote.command.js';

/** Accepts a quote, which makes its order; a repeated one returns the same. Also throws OrderExistsError. */
export class AcceptQuoteCommand extends QuoteCommand<typeof AcceptQuoteRequest, AcceptedQuote> {
  static readonly operation = 'quotes.accept';

  constructor(
    actor: Actor,
    quoteId: string,
    request: z.input<typeof AcceptQuoteRequest>,
    options: CommandOptions = {},
  ) {
    super(AcceptQuoteRequest, actor, quoteId, request, options);
  }
}
