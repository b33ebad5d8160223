import type { z } from 'zod';
import { TenantCommand, type CommandOptions } from '../../shared/messaging/tenant-command.js';
import { validated } from '../../shared/http/validation.pipe.js';
import type { PlatformActor } from '../../shared/access/actor.js';
import { CreateTenantRequest } from '../tenant.requests.js';
import type { TenantResponse } from '../tenant.response.js';

/** Creates a tenant without API keys; the platform creates the first one in its name. Throws TenantExistsError. */
export class CreateTenantCommand extends TenantCommand<TenantResponse> {
  static readonly operation = 'tenants.create';

  readonly tenant: CreateTenantRequest;

  constructor(actor: PlatformActor, tenant: z.input<typeof CreateTenantRequest>, options: CommandOptions = {}) {
    const checked = validated(CreateTenantRequest, tenant);
    super(actor.actFor(checked.tenant_id), options);
    this.tenant = checked;
  }

  get payload() {
    return { request: this.tenant };
  }
}
