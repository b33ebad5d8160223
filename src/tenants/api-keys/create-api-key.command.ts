import type { z } from 'zod';
import { TenantCommand, type CommandOptions } from '../../shared/messaging/tenant-command.js';
import { validated } from '../../shared/http/validation.pipe.js';
import type { Actor } from '../../shared/access/actor.js';
import { CreateApiKeyRequest } from './api-key.requests.js';
import type { IssuedApiKey } from './api-key.response.js';

export interface CreateApiKeyOptions extends CommandOptions {
  /** Id that public documents contain; for sample data only. */
  readonly keyId?: string;
}

/** Throws ValidationError, GrantExceededError. */
export class CreateApiKeyCommand extends TenantCommand<IssuedApiKey> {
  static readonly operation = 'api-keys.create';

  readonly request: CreateApiKeyRequest;

  constructor(
    actor: Actor,
    request: z.input<typeof CreateApiKeyRequest>,
    override readonly options: CreateApiKeyOptions = {},
  ) {
    super(actor, options);
    this.request = validated(CreateApiKeyRequest, request);
  }

  get payload() {
    return { request: this.request };
  }
}
