import type { z } from 'zod';
import { TenantCommand, type CommandOptions } from '../../shared/messaging/tenant-command.js';
import { validated } from '../../shared/http/validation.pipe.js';
import type { Actor } from '../../shared/access/actor.js';
import { EndSigningKeyRequest } from '../signing-key.requests.js';
import type { SigningKeyResponse } from '../signing-key.response.js';

/**
 * An action on an existing signing key. Throws SigningKeyNotFoundError, PreconditionFailedError, and SigningKeyStateError if the state of
 * the key does not allow the action.
 */
export abstract class SigningKeyCommand extends TenantCommand<SigningKeyResponse> {
  constructor(
    actor: Actor,
    readonly kid: string,
    options: CommandOptions = {},
  ) {
    super(actor, options);
  }

  get payload(): object {
    return { kid: this.kid };
  }
}

/** Retires or revokes a key. Also throws OnlyActiveSigningKeyError if the key is active and `force` is not set. */
export abstract class EndSigningKeyCommand extends SigningKeyCommand {
  readonly request: EndSigningKeyRequest;

  constructor(
    actor: Actor,
    kid: string,
    request: z.input<typeof EndSigningKeyRequest> = {},
    options: CommandOptions = {},
  ) {
    super(actor, kid, options);
    this.request = validated(EndSigningKeyRequest, request);
  }

  override get payload() {
    return { kid: this.kid, request: this.request };
  }
}
