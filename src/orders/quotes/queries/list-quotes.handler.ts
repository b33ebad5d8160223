import { QueryHandler, type IQueryHandler } from '@nestjs/cqrs';
import { Clock } from '../../../shared/time/clock.js';
import { Paginator } from '../../../shared/http/paginator.js';
import { equalities, type Condition } from '../../../shared/persistence/tenant-scoped.repository.js';
import type { QuoteStatus } from '../quote-status.js';
import { QuoteRepository } from '../quote.repository.js';
import { toQuoteSummary } from '../quote.response.js';
import { ListQuotesQuery } from './list-quotes.query.js';

@QueryHandler(ListQuotesQuery)
export class ListQuotesHandler implements IQueryHandler<ListQuotesQuery> {
  constructor(
    private readonly quotes: QuoteRepository,
    private readonly paginator: Paginator,
    private readonly clock: Clock,
  ) {}

  async execute({ actor, request }: ListQuotesQuery) {
    const page = this.paginator.request({ tenantId: actor.tenantId, list: 'quotes' }, request);
    const now = this.clock.now();
    const conditions = [...equalities({ customerId: request.customer_id }), ...statusCondition(request.status, now)];
    const rows = await this.quotes.list(actor.tenantId, conditions, page);
    return this.paginator.page(
      rows,
      page,
      ({ createdAt: at, quoteId: id }) => ({ at, id }),
      (quote) => toQuoteSummary(quote, now),
    );
  }
}

/** Returns `Quote.statusAt` as SQL. */
function statusCondition(status: QuoteStatus | undefined, now: Date): Condition[] {
  if (status === 'DRAFT' || status === 'SENT')
    return [{ sql: 'item.status = :status AND item.validUntil > :now', parameters: { status, now } }];
  if (status === 'EXPIRED') {
    const passed = `item.status IN ('DRAFT', 'SENT') AND item.validUntil <= :now`;
    return [{ sql: `item.status = 'EXPIRED' OR (${passed})`, parameters: { now } }];
  }
  return equalities({ status });
}
