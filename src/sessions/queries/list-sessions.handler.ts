import { QueryHandler, type IQueryHandler } from '@nestjs/cqrs';
import { Paginator } from '../../shared/http/paginator.js';
import { SessionRepository } from '../session.repository.js';
import { toSessionResponse } from '../session.response.js';
import { ListSessionsQuery } from './list-sessions.query.js';

@QueryHandler(ListSessionsQuery)
export class ListSessionsHandler implements IQueryHandler<ListSessionsQuery> {
  constructor(
    private readonly sessions: SessionRepository,
    private readonly paginator: Paginator,
  ) {}

  async execute({ actor, request }: ListSessionsQuery) {
    const page = this.paginator.request({ tenantId: actor.tenantId, list: 'sessions' }, request);
    const rows = await this.sessions.list(actor.tenantId, [], page);
    return this.paginator.page(rows, page, ({ createdAt: at, sessionId: id }) => ({ at, id }), toSessionResponse);
  }
}
