import { CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { violates } from '../../database/sql-errors.js';
import { InvalidFieldError } from '../../shared/errors.js';
import { Clock } from '../../shared/time/clock.js';
import { UnitOfWork } from '../../shared/persistence/unit-of-work.js';
import { ApiKey } from './api-key.entity.js';
import { generateApiKey } from '../api-key.js';
import { ApiKeyRepository } from './api-key.repository.js';
import { assertCanGrant } from './assert-can-grant.js';
import { ApiKeyCreatedEvent } from '../events/api-key.events.js';
import { CreateApiKeyCommand } from './create-api-key.command.js';
import { toIssuedApiKey } from './api-key.response.js';

@CommandHandler(CreateApiKeyCommand)
export class CreateApiKeyHandler implements ICommandHandler<CreateApiKeyCommand> {
  constructor(
    private readonly unitOfWork: UnitOfWork,
    private readonly keys: ApiKeyRepository,
    private readonly clock: Clock,
  ) {}

  execute(command: CreateApiKeyCommand) {
    const { actor, request } = command;
    const now = this.clock.now();
    return this.unitOfWork.perform(command, async (transaction) => {
      const secret = generateApiKey();
      const key = ApiKey.create(actor.tenantId, request, secret, now);
      key.id = command.options.keyId ?? key.id;
      assertCanGrant(actor, key);
      await this.keys.insert(key).catch((error: unknown) => {
        if (violates(error, 'api_keys_partner'))
          throw new InvalidFieldError('/partner_id', 'must be one of your partners');
        throw error;
      });
      transaction.record(new ApiKeyCreatedEvent(actor, now, key.id, key.snapshot()));
      return toIssuedApiKey(key, secret);
    });
  }
}
