import { Query } from '@nestjs/cqrs';
import type { Actor } from '../../shared/access/actor.js';
import type { OverviewRequest } from '../report.requests.js';
import type { OverviewReport } from '../report.response.js';

/** Counts licenses by status, in grace and as trials, by product or template. */
export class GetOverviewQuery extends Query<OverviewReport> {
  constructor(
    readonly actor: Actor,
    readonly request: OverviewRequest,
  ) {
    super();
  }
}
