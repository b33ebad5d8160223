import { QueryHandler, type IQueryHandler } from '@nestjs/cqrs';
import { pageRequest, toPage } from '../../shared/http/paging.js';
import { UuidParameter } from '../../shared/http/schema.js';
import { toApiKeyResponse } from '../api-key.dto.js';
import { ApiKeyRepository } from '../api-key.repository.js';
import { ListApiKeysQuery } from './list-api-keys.query.js';

@QueryHandler(ListApiKeysQuery)
export class ListApiKeysHandler implements IQueryHandler<ListApiKeysQuery> {
  constructor(private readonly keys: ApiKeyRepository) {}

  async execute({ actor, request }: ListApiKeysQuery) {
    const page = pageRequest(request, UuidParameter);
    const rows = await this.keys.list(actor.tenantId, [], page);
    return toPage(rows, page, ({ createdAt: at, id }) => ({ at, id }), toApiKeyResponse);
  }
}
