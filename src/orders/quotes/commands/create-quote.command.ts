import type { z } from 'zod';
import { validated } from '../../../shared/http/validation.pipe.js';
import { TenantCommand, type CommandOptions } from '../../../shared/messaging/tenant-command.js';
import type { Actor } from '../../../shared/access/actor.js';
import { CreateQuoteRequest } from '../quote.requests.js';
import type { QuoteResponse } from '../quote.response.js';

export interface CreateQuoteOptions extends CommandOptions {
  /** Id of the quote, only for sample data, because it is in public documents. */
  readonly quoteId?: string;
}

/** Throws ValidationError, TemplateNotFoundError, LicenseNotFoundError. */
export class CreateQuoteCommand extends TenantCommand<QuoteResponse> {
  static readonly operation = 'quotes.create';

  readonly request: CreateQuoteRequest;

  constructor(
    actor: Actor,
    request: z.input<typeof CreateQuoteRequest>,
    override readonly options: CreateQuoteOptions = {},
  ) {
    super(actor, options);
    this.request = validated(CreateQuoteRequest, request);
  }

  get payload() {
    return { request: this.request };
  }
}
