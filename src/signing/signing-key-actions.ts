import { Injectable } from '@nestjs/common';
import { Clock } from '../shared/time/clock.js';
import type { IntegrationEvent } from '../shared/messaging/integration-event.js';
import { UnitOfWork } from '../shared/persistence/unit-of-work.js';
import type { SigningKeyCommand } from './commands/signing-key.command.js';
import type { SigningKey } from './signing-key.entity.js';
import { SigningKeyNotFoundError } from './signing-key.errors.js';
import { SigningKeyRepository } from './signing-key.repository.js';
import { type SigningKeyResponse, toSigningKeyResponse } from './signing-key.response.js';

/** Runs an action on an existing key under a lock on its row, and records its event. */
@Injectable()
export class SigningKeyActions {
  constructor(
    private readonly unitOfWork: UnitOfWork,
    private readonly keys: SigningKeyRepository,
    private readonly clock: Clock,
  ) {}

  /**
   * Runs `act`, which changes the key and returns the event. Throws SigningKeyNotFoundError, PreconditionFailedError, and the errors of
   * `act`.
   */
  run(command: SigningKeyCommand, act: (key: SigningKey, now: Date) => IntegrationEvent): Promise<SigningKeyResponse> {
    const { actor, kid, options } = command;
    return this.unitOfWork.perform(command, async (transaction) => {
      const key = await this.keys.findForUpdate(actor.tenantId, kid);
      if (!key) throw new SigningKeyNotFoundError(kid);
      const now = this.clock.now();
      key.assertVersion(options.ifMatch);
      const event = act(key, now);
      await this.keys.update(key);
      transaction.record(event);
      return toSigningKeyResponse(key);
    });
  }
}
