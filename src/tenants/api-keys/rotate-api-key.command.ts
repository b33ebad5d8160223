import type { z } from 'zod';
import { TenantCommand, type CommandOptions } from '../../shared/messaging/tenant-command.js';
import { validated } from '../../shared/http/validation.pipe.js';
import type { Actor } from '../../shared/access/actor.js';
import { RotateApiKeyRequest } from './api-key.requests.js';
import type { IssuedApiKey } from './api-key.response.js';

/** Throws ValidationError, ApiKeyNotFoundError, ApiKeyInactiveError, GrantExceededError. */
export class RotateApiKeyCommand extends TenantCommand<IssuedApiKey> {
  static readonly operation = 'api-keys.rotate';

  readonly request: RotateApiKeyRequest;

  constructor(
    actor: Actor,
    readonly keyId: string,
    request: z.input<typeof RotateApiKeyRequest>,
    options: CommandOptions = {},
  ) {
    super(actor, options);
    this.request = validated(RotateApiKeyRequest, request);
  }

  get payload() {
    return { key_id: this.keyId, request: this.request };
  }
}
