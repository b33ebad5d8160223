import type { z } from 'zod';
import { TenantCommand, type CommandOptions } from '../../../shared/messaging/tenant-command.js';
import { validated } from '../../../shared/http/validation.pipe.js';
import type { Actor } from '../../../shared/access/actor.js';
import type { QuoteResponse } from '../quote.response.js';

/**
 * Action on an existing quote. Every action throws ValidationError, QuoteNotFoundError, PreconditionFailedError, QuoteExpiredError, and
 * QuoteStateError if the status of the quote does not allow it.
 */
export abstract class QuoteCommand<
  Schema extends z.ZodType = z.ZodType,
  Result = QuoteResponse,
> extends TenantCommand<Result> {
  readonly request: z.output<Schema>;

  protected constructor(
    schema: Schema,
    actor: Actor,
    readonly quoteId: string,
    request: z.input<Schema>,
    options: CommandOptions,
  ) {
    super(actor, options);
    this.request = validated(schema, request);
  }

  get payload() {
    return { quote_id: this.quoteId, request: this.request };
  }
}
