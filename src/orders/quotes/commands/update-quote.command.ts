import type { z } from 'zod';
import type { CommandOptions } from '../../../shared/messaging/tenant-command.js';
import type { Actor } from '../../../shared/access/actor.js';
import { UpdateQuoteRequest } from '../quote.requests.js';
import { QuoteCommand } from './quote.command.js';

/** Changes a quote. Also throws TemplateNotFoundError, LicenseNotFoundError. */
export class UpdateQuoteCommand extends QuoteCommand<typeof UpdateQuoteRequest> {
  static readonly operation = 'quotes.update';

  constructor(
    actor: Actor,
    quoteId: string,
    request: z.input<typeof UpdateQuoteRequest>,
    options: CommandOptions = {},
  ) {
    super(UpdateQuoteRequest, actor, quoteId, request, options);
  }
}
