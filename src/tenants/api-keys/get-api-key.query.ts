import { Query } from '@nestjs/cqrs';
import type { Actor } from '../../shared/access/actor.js';
import type { ApiKeyResponse } from './api-key.response.js';

/** Throws ApiKeyNotFoundError. */
export class GetApiKeyQuery extends Query<ApiKeyResponse> {
  constructor(
    readonly actor: Actor,
    readonly keyId: string,
  ) {
    super();
  }
}
