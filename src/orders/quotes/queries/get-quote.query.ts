import { Query } from '@nestjs/cqrs';
import type { Actor } from '../../../shared/access/actor.js';
import type { QuoteResponse } from '../quote.response.js';

/** Throws QuoteNotFoundError. */
export class GetQuoteQuery extends Query<QuoteResponse> {
  constructor(
    readonly actor: Actor,
    readonly quoteId: string,
  ) {
    super();
  }
}
