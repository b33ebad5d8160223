import { Query } from '@nestjs/cqrs';
import type { Actor } from '../../../shared/access/actor.js';
import type { ListQuotesRequest } from '../quote.requests.js';
import type { QuotePage } from '../quote.response.js';

export class ListQuotesQuery extends Query<QuotePage> {
  constructor(
    readonly actor: Actor,
    readonly request: ListQuotesRequest,
  ) {
    super();
  }
}
