import type { z } from 'zod';
import { validated } from '../../shared/http/validation.pipe.js';
import { TenantCommand, type CommandOptions } from '../../shared/messaging/tenant-command.js';
import type { Actor } from '../../shared/access/actor.js';
import { UpdateLicensePoolRequest } from './license-pool.requests.js';
import type { LicensePoolResponse } from './license-pool.response.js';

/** Updates what a pool takes back, and its end. Throws ValidationError, PoolNotFoundError. */
export class UpdateLicensePoolCommand extends TenantCommand<LicensePoolResponse> {
  static readonly operation = 'license-pools.update';

  readonly request: UpdateLicensePoolRequest;

  constructor(
    actor: Actor,
    readonly poolId: string,
    request: z.input<typeof UpdateLicensePoolRequest>,
    options: CommandOptions = {},
  ) {
    super(actor, options);
    this.request = validated(UpdateLicensePoolRequest, request);
  }

  get payload() {
    return { pool_id: this.poolId, request: this.request };
  }
}
