import { TenantCommand, type CommandOptions } from '../../shared/messaging/tenant-command.js';
import type { Actor } from '../../shared/access/actor.js';
import type { SigningKeyResponse } from '../signing-key.response.js';

export interface CreateSigningKeyOptions extends CommandOptions {
  /** Seed of a key that public documents contain; for sample data only. */
  readonly seed?: Buffer;
}

/** Creates a key that is published and does not sign yet. */
export class CreateSigningKeyCommand extends TenantCommand<SigningKeyResponse> {
  static readonly operation = 'signing-keys.create';

  constructor(
    actor: Actor,
    override readonly options: CreateSigningKeyOptions = {},
  ) {
    super(actor, options);
  }

  get payload() {
    return {};
  }
}
