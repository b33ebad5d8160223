import { ReasonRequest } from '../../shared/http/action-reason.js';
import { validated } from '../../shared/http/validation.pipe.js';
import { TenantCommand, type CommandOptions } from '../../shared/messaging/tenant-command.js';
import type { Actor } from '../../shared/access/actor.js';
import type { ApiKeyResponse } from './api-key.response.js';

/** Revokes an API key; a revoked one stays unchanged. Throws ValidationError, ApiKeyNotFoundError. */
export class RevokeApiKeyCommand extends TenantCommand<ApiKeyResponse> {
  static readonly operation = 'api-keys.revoke';

  readonly request: ReasonRequest;

  constructor(
    actor: Actor,
    readonly keyId: string,
    request: ReasonRequest = {},
    options: CommandOptions = {},
  ) {
    super(actor, options);
    this.request = validated(ReasonRequest, request);
  }

  get payload() {
    return { key_id: this.keyId, ...this.request };
  }
}
