import { Query } from '@nestjs/cqrs';
import type { Actor } from '../../shared/access/actor.js';
import type { ExpirationsRequest } from '../report.requests.js';
import type { ExpirationsReport } from '../report.response.js';

/** Counts the licenses that expire on each of the next days. */
export class GetExpirationsQuery extends Query<ExpirationsReport> {
  constructor(
    readonly actor: Actor,
    readonly request: ExpirationsRequest,
  ) {
    super();
  }
}
