import { CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { UnitOfWork } from '../../shared/persistence/unit-of-work.js';
import { lockTenant } from '../../shared/persistence/tenant-lock.js';
import { SigningKeyNotFoundError } from '../signing-key.errors.js';
import { SigningKeyRepository } from '../signing-key.repository.js';
import { SigningKeys } from '../signing-keys.js';
import { ActivateSigningKeyCommand } from './activate-signing-key.command.js';
import { toSigningKeyResponse } from '../signing-key.response.js';

@CommandHandler(ActivateSigningKeyCommand)
export class ActivateSigningKeyHandler implements ICommandHandler<ActivateSigningKeyCommand> {
  constructor(
    private readonly unitOfWork: UnitOfWork,
    private readonly keys: SigningKeyRepository,
    private readonly signingKeys: SigningKeys,
  ) {}

  execute(command: ActivateSigningKeyCommand) {
    const { actor, kid } = command;
    return this.unitOfWork.perform(command, async (transaction) => {
      await lockTenant(transaction);
      const key = await this.keys.findForUpdate(actor.tenantId, kid);
      if (!key) throw new SigningKeyNotFoundError(kid);
      key.assertVersion(command.options.ifMatch);
      await this.signingKeys.activate(transaction, actor, key);
      return toSigningKeyResponse(key);
    });
  }
}
