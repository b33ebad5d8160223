import { QueryHandler, type IQueryHandler } from '@nestjs/cqrs';
import { SigningKeyRepository } from '../signing-key.repository.js';
import { SigningKeys } from '../signing-keys.js';
import { SignAnswerQuery } from './sign-answer.query.js';

@QueryHandler(SignAnswerQuery)
export class SignAnswerHandler implements IQueryHandler<SignAnswerQuery> {
  constructor(
    private readonly keys: SigningKeyRepository,
    private readonly signingKeys: SigningKeys,
  ) {}

  async execute({ actor, document }: SignAnswerQuery) {
    const [key] = await this.keys.findIn(actor.tenantId, ['ACTIVE']);
    return key && this.signingKeys.sign(key, document);
  }
}
