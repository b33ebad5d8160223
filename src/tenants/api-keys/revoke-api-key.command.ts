import { TenantCommand, type CommandOptions } from '../../shared/messaging/tenant-command.js';
import type { Actor } from '../../shared/access/actor.js';
import type { ApiKeyResponse } from './api-key.response.js';

/** Revokes an API key; a revoked one stays unchanged. Throws ApiKeyNotFoundError. */
export class RevokeApiKeyCommand extends TenantCommand<ApiKeyResponse> {
  static readonly operation = 'api-keys.revoke';

  constructor(
    actor: Actor,
    readonly keyId: string,
    options: CommandOptions = {},
  ) {
    super(actor, options);
  }

  get payload() {
    return { key_id: this.keyId };
  }
}
