import { Query } from '@nestjs/cqrs';
import type { Actor } from '../../shared/access/actor.js';
import type { ApiKeyPage, ListApiKeysRequest } from './api-key.dto.js';

export class ListApiKeysQuery extends Query<ApiKeyPage> {
  constructor(
    readonly actor: Actor,
    readonly request: ListApiKeysRequest,
  ) {
    super();
  }
}
