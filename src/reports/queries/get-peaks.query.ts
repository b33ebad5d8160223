import { Query } from '@nestjs/cqrs';
import type { Actor } from '../../shared/access/actor.js';
import type { PeaksRequest } from '../report.requests.js';
import type { PeaksReport } from '../report.response.js';

/** Lists the most seats that licenses had in use on each day. */
export class GetPeaksQuery extends Query<PeaksReport> {
  constructor(
    readonly actor: Actor,
    readonly request: PeaksRequest,
  ) {
    super();
  }
}
