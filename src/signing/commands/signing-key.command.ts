import { TenantCommand, type CommandOptions } from '../../shared/events/tenant-command.js';
import type { Actor } from '../../shared/tenancy/actor.js';
import type { SigningKeyResponse } from '../signing-key.dto.js';

/**
 * Something to be done to a signing key that is there. Each throws SigningKeyNotFoundError, PreconditionFailedError and, where
 * the key is in no state for it, SigningKeyStateError.
 */
export abstract class SigningKeyCommand extends TenantCommand<SigningKeyResponse> {
  constructor(
    actor: Actor,
    readonly kid: string,
    options: CommandOptions = {},
  ) {
    super(actor, options);
  }
}
