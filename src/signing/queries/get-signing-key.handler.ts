import { QueryHandler, type IQueryHandler } from '@nestjs/cqrs';
import { SigningKeyNotFoundError } from '../signing-key.errors.js';
import { SigningKeyRepository } from '../signing-key.repository.js';
import { GetSigningKeyQuery } from './get-signing-key.query.js';
import { toSigningKeyResponse } from '../signing-key.response.js';

@QueryHandler(GetSigningKeyQuery)
export class GetSigningKeyHandler implements IQueryHandler<GetSigningKeyQuery> {
  constructor(private readonly keys: SigningKeyRepository) {}

  async execute({ actor, kid }: GetSigningKeyQuery) {
    const key = await this.keys.find(actor.tenantId, kid);
    if (!key) throw new SigningKeyNotFoundError(kid);
    return toSigningKeyResponse(key);
  }
}
