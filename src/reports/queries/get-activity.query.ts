import { Query } from '@nestjs/cqrs';
import type { Actor } from '../../shared/access/actor.js';
import type { ActivityRequest } from '../report.requests.js';
import type { ActivityReport } from '../report.response.js';

/** Counts what happened to licenses on each day. */
export class GetActivityQuery extends Query<ActivityReport> {
  constructor(
    readonly actor: Actor,
    readonly request: ActivityRequest,
  ) {
    super();
  }
}
