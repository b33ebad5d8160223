import type { z } from 'zod';
import { validated } from '../../shared/http/validation.pipe.js';
import { TenantCommand, type CommandOptions } from '../../shared/messaging/tenant-command.js';
import type { Actor } from '../../shared/access/actor.js';
import { AllotLicensesRequest } from './license-pool.requests.js';
import type { LicensePoolResponse } from './license-pool.response.js';

/** Adds licenses to a pool, or takes out such that are available. Throws ValidationError, PoolNotFoundError, PoolExhaustedError. */
export class AllotLicensesCommand extends TenantCommand<LicensePoolResponse> {
  static readonly operation = 'license-pools.allot';

  readonly request: AllotLicensesRequest;

  constructor(
    actor: Actor,
    readonly poolId: string,
    request: z.input<typeof AllotLicensesRequest>,
    options: CommandOptions = {},
  ) {
    super(actor, options);
    this.request = validated(AllotLicensesRequest, request);
  }

  get payload() {
    return { pool_id: this.poolId, request: this.request };
  }
}
