import { Query } from '@nestjs/cqrs';
import type { Actor } from '../../shared/access/actor.js';
import type { ListSigningKeysRequest } from '../signing-key.requests.js';
import type { SigningKeyPage } from '../signing-key.response.js';

export class ListSigningKeysQuery extends Query<SigningKeyPage> {
  constructor(
    readonly actor: Actor,
    readonly request: ListSigningKeysRequest,
  ) {
    super();
  }
}
