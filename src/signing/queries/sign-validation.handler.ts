import { QueryHandler, type IQueryHandler } from '@nestjs/cqrs';
import { SigningKeyRepository } from '../signing-key.repository.js';
import { SigningKeys } from '../signing-keys.js';
import { SignValidationQuery } from './sign-validation.query.js';

@QueryHandler(SignValidationQuery)
export class SignValidationHandler implements IQueryHandler<SignValidationQuery> {
  constructor(
    private readonly keys: SigningKeyRepository,
    private readonly signingKeys: SigningKeys,
  ) {}

  async execute({ actor, document }: SignValidationQuery) {
    const [key] = await this.keys.findIn(actor.tenantId, ['ACTIVE']);
    return key && this.signingKeys.sign(key, document);
  }
}
