import { Query } from '@nestjs/cqrs';
import type { Actor } from '../../shared/access/actor.js';
import type { DenialsRequest } from '../report.requests.js';
import type { DenialsReport } from '../report.response.js';

/** Counts refused activations and failed validations by code. */
export class GetDenialsQuery extends Query<DenialsReport> {
  constructor(
    readonly actor: Actor,
    readonly request: DenialsRequest,
  ) {
    super();
  }
}
