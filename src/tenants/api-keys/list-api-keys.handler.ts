import { QueryHandler, type IQueryHandler } from '@nestjs/cqrs';
import { Paginator } from '../../shared/http/paginator.js';
import { ApiKeyRepository } from './api-key.repository.js';
import { ListApiKeysQuery } from './list-api-keys.query.js';
import { toApiKeyResponse } from './api-key.response.js';

@QueryHandler(ListApiKeysQuery)
export class ListApiKeysHandler implements IQueryHandler<ListApiKeysQuery> {
  constructor(
    private readonly keys: ApiKeyRepository,
    private readonly paginator: Paginator,
  ) {}

  async execute({ actor, request }: ListApiKeysQuery) {
    const page = this.paginator.request({ tenantId: actor.tenantId, list: 'api-keys' }, request);
    const rows = await this.keys.list(actor.tenantId, [], page);
    return this.paginator.page(rows, page, ({ createdAt: at, id }) => ({ at, id }), toApiKeyResponse);
  }
}
