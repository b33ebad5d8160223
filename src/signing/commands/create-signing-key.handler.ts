import { CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { UnitOfWork } from '../../shared/persistence/unit-of-work.js';
import { SigningKeys } from '../signing-keys.js';
import { CreateSigningKeyCommand } from './create-signing-key.command.js';
import { toSigningKeyResponse } from '../signing-key.response.js';

@CommandHandler(CreateSigningKeyCommand)
export class CreateSigningKeyHandler implements ICommandHandler<CreateSigningKeyCommand> {
  constructor(
    private readonly unitOfWork: UnitOfWork,
    private readonly signingKeys: SigningKeys,
  ) {}

  execute(command: CreateSigningKeyCommand) {
    return this.unitOfWork.perform(command, async (transaction) =>
      toSigningKeyResponse(await this.signingKeys.create(transaction, command.actor, command.options.seed)),
    );
  }
}
