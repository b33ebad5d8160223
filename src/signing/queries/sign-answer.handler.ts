import { QueryHandler, type IQueryHandler } from '@nestjs/cqrs';
import { FirstKeys } from '../first-keys.js';
import { SigningKeyRepository } from '../signing-key.repository.js';
import { SigningKeys } from '../signing-keys.js';
import { SignAnswerQuery } from './sign-answer.query.js';

@QueryHandler(SignAnswerQuery)
export class SignAnswerHandler implements IQueryHandler<SignAnswerQuery> {
  constructor(
    private readonly keys: SigningKeyRepository,
    private readonly signingKeys: SigningKeys,
    private readonly firstKeys: FirstKeys,
  ) {}

  async execute({ actor, document }: SignAnswerQuery) {
    const [key] = await this.keys.findIn(actor.tenantId, ['ACTIVE']);
    if (key) return this.signingKeys.sign(key, document);
    this.firstKeys.see(actor);
    return undefined;
  }
}
