import { Query } from '@nestjs/cqrs';
import type { Actor } from '../../shared/access/actor.js';
import type { ListApiKeysRequest } from './api-key.requests.js';
import type { ApiKeyPage } from './api-key.response.js';

export class ListApiKeysQuery extends Query<ApiKeyPage> {
  constructor(
    readonly actor: Actor,
    readonly request: ListApiKeysRequest,
  ) {
    super();
  }
}
