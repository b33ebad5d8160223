import { Query } from '@nestjs/cqrs';
import type { Actor } from '../../shared/access/actor.js';
import type { SigningKeyResponse } from '../signing-key.response.js';

/** Throws SigningKeyNotFoundError. */
export class GetSigningKeyQuery extends Query<SigningKeyResponse> {
  constructor(
    readonly actor: Actor,
    readonly kid: string,
  ) {
    super();
  }
}
