import { CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { Clock } from '../../shared/time/clock.js';
import { UnitOfWork } from '../../shared/persistence/unit-of-work.js';
import { ApiKeyNotFoundError } from './api-key.errors.js';
import { ApiKeyRepository } from './api-key.repository.js';
import { ApiKeyRevokedEvent } from '../events/api-key.events.js';
import { RevokeApiKeyCommand } from './revoke-api-key.command.js';
import { toApiKeyResponse } from './api-key.response.js';

@CommandHandler(RevokeApiKeyCommand)
export class RevokeApiKeyHandler implements ICommandHandler<RevokeApiKeyCommand> {
  constructor(
    private readonly unitOfWork: UnitOfWork,
    private readonly keys: ApiKeyRepository,
    private readonly clock: Clock,
  ) {}

  execute(command: RevokeApiKeyCommand) {
    const { actor, keyId, request } = command;
    return this.unitOfWork.perform(command, async (transaction) => {
      const key = await this.keys.findForUpdate(actor.tenantId, keyId);
      if (!key) throw new ApiKeyNotFoundError(keyId);
      const now = this.clock.now();
      key.assertVersion(command.options.ifMatch);
      if (key.revoke(now)) {
        await this.keys.update(key);
        transaction.record(new ApiKeyRevokedEvent(actor, now, keyId, request.reason));
      }
      return toApiKeyResponse(key);
    });
  }
}
