import { Query } from '@nestjs/cqrs';
import type { Actor } from '../../shared/access/actor.js';
import type { ListSessionsRequest } from '../session.requests.js';
import type { SessionPage } from '../session.response.js';

export class ListSessionsQuery extends Query<SessionPage> {
  constructor(
    readonly actor: Actor,
    readonly request: ListSessionsRequest,
  ) {
    super();
  }
}
