import type { z } from 'zod';
import type { CommandOptions } from '../../../shared/messaging/tenant-command.js';
import type { Actor } from '../../../shared/access/actor.js';
import { DeclineQuoteRequest } from '../quote.requests.js';
import { QuoteCommand } from './quote.command.js';

/** Declines a quote. */
export class DeclineQuoteCommand extends QuoteCommand<typeof DeclineQuoteRequest> {
  static readonly operation = 'quotes.decline';

  constructor(
    actor: Actor,
    quoteId: string,
    request: z.input<typeof DeclineQuoteRequest>,
    options: CommandOptions = {},
  ) {
    super(DeclineQuoteRequest, actor, quoteId, request, options);
  }
}
