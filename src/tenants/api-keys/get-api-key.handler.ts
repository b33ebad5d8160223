import { QueryHandler, type IQueryHandler } from '@nestjs/cqrs';
import { ApiKeyNotFoundError } from './api-key.errors.js';
import { ApiKeyRepository } from './api-key.repository.js';
import { GetApiKeyQuery } from './get-api-key.query.js';
import { toApiKeyResponse } from './api-key.response.js';

@QueryHandler(GetApiKeyQuery)
export class GetApiKeyHandler implements IQueryHandler<GetApiKeyQuery> {
  constructor(private readonly keys: ApiKeyRepository) {}

  async execute({ actor, keyId }: GetApiKeyQuery) {
    const key = await this.keys.find(actor.tenantId, keyId);
    if (!key) throw new ApiKeyNotFoundError(keyId);
    return toApiKeyResponse(key);
  }
}
