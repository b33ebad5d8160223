import type { z } from 'zod';
import { TenantCommand, type CommandOptions } from '../../shared/messaging/tenant-command.js';
import { validated } from '../../shared/http/validation.pipe.js';
import type { Actor } from '../../shared/access/actor.js';
import { UpdateTenantRequest } from '../tenant.requests.js';
import type { TenantResponse } from '../tenant.response.js';

/** Changes the actor's tenant. The routes decide which fields a caller may change. Throws TenantNotFoundError. */
export class UpdateTenantCommand extends TenantCommand<TenantResponse> {
  static readonly operation = 'tenants.update';

  readonly patch: UpdateTenantRequest;

  constructor(actor: Actor, patch: z.input<typeof UpdateTenantRequest>, options: CommandOptions = {}) {
    super(actor, options);
    this.patch = validated(UpdateTenantRequest, patch);
  }

  get payload() {
    return { patch: this.patch };
  }
}
