import { Query } from '@nestjs/cqrs';
import type { Actor } from '../../shared/access/actor.js';
import type { UtilisationRequest } from '../report.requests.js';
import type { UtilisationReport } from '../report.response.js';

/** Counts seats, and lists licenses that are nearly full. */
export class GetUtilisationQuery extends Query<UtilisationReport> {
  constructor(
    readonly actor: Actor,
    readonly request: UtilisationRequest,
  ) {
    super();
  }
}
