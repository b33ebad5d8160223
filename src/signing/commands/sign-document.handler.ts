import { CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { UnitOfWork } from '../../shared/persistence/unit-of-work.js';
import { SigningKeys } from '../signing-keys.js';
import { SignDocumentCommand } from './sign-document.command.js';

@CommandHandler(SignDocumentCommand)
export class SignDocumentHandler implements ICommandHandler<SignDocumentCommand> {
  constructor(
    private readonly unitOfWork: UnitOfWork,
    private readonly signingKeys: SigningKeys,
  ) {}

  execute(command: SignDocumentCommand) {
    const { actor, document } = command;
    return this.unitOfWork.perform(command, async (transaction) => {
      const key = await this.signingKeys.getOrCreateActive(transaction, actor);
      return this.signingKeys.sign(key, document);
    });
  }
}
