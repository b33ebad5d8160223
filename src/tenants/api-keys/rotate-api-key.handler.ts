import { CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { Clock } from '../../shared/time/clock.js';
import { UnitOfWork } from '../../shared/persistence/unit-of-work.js';
import { ApiKeyNotFoundError } from './api-key.errors.js';
import { generateApiKey } from '../api-key.js';
import { ApiKeyRepository } from './api-key.repository.js';
import { assertCanGrant } from './assert-can-grant.js';
import { ApiKeyRotatedEvent } from '../events/api-key.events.js';
import { RotateApiKeyCommand } from './rotate-api-key.command.js';
import { toIssuedApiKey } from './api-key.response.js';

@CommandHandler(RotateApiKeyCommand)
export class RotateApiKeyHandler implements ICommandHandler<RotateApiKeyCommand> {
  constructor(
    private readonly unitOfWork: UnitOfWork,
    private readonly keys: ApiKeyRepository,
    private readonly clock: Clock,
  ) {}

  execute(command: RotateApiKeyCommand) {
    const { actor, keyId, request } = command;
    return this.unitOfWork.perform(command, async (transaction) => {
      const key = await this.keys.findForUpdate(actor.tenantId, keyId);
      if (!key) throw new ApiKeyNotFoundError(keyId);
      const now = this.clock.now();
      key.assertVersion(command.options.ifMatch);
      assertCanGrant(actor, key);
      const secret = generateApiKey();
      key.rotate(secret, request.overlap_seconds, now);
      await this.keys.update(key);
      transaction.record(new ApiKeyRotatedEvent(actor, now, keyId, request.overlap_seconds, request.reason));
      return toIssuedApiKey(key, secret);
    });
  }
}
