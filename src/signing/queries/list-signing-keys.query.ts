import { Query } from '@nestjs/cqrs';
import type { Actor } from '../../shared/access/actor.js';
import type { ListSigningKeysRequest, SigningKeyPage } from '../signing-key.dto.js';

export class ListSigningKeysQuery extends Query<SigningKeyPage> {
  constructor(
    readonly actor: Actor,
    readonly request: ListSigningKeysRequest,
  ) {
    super();
  }
}
