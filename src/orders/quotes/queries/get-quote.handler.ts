import { QueryHandler, type IQueryHandler } from '@nestjs/cqrs';
import { Clock } from '../../../shared/time/clock.js';
import { QuoteNotFoundError } from '../quote.errors.js';
import { QuoteRepository } from '../quote.repository.js';
import { toQuoteResponse } from '../quote.response.js';
import { GetQuoteQuery } from './get-quote.query.js';

@QueryHandler(GetQuoteQuery)
export class GetQuoteHandler implements IQueryHandler<GetQuoteQuery> {
  constructor(
    private readonly quotes: QuoteRepository,
    private readonly clock: Clock,
  ) {}

  async execute({ actor, quoteId }: GetQuoteQuery) {
    const quote = await this.quotes.findWithLines(actor.tenantId, quoteId);
    if (!quote) throw new QuoteNotFoundError(quoteId);
    return toQuoteResponse(quote, this.clock.now());
  }
}
