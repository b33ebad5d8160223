import type { z } from 'zod';
import { validated } from '../../shared/http/validation.pipe.js';
import { TenantCommand, type CommandOptions } from '../../shared/messaging/tenant-command.js';
import type { Actor } from '../../shared/access/actor.js';
import { CreateLicensePoolRequest } from './license-pool.requests.js';
import type { LicensePoolResponse } from './license-pool.response.js';

export interface CreateLicensePoolOptions extends CommandOptions {
  /** Id that public documents contain; for sample data only. */
  readonly poolId?: string;
}

/** Creates a pool with its first allotment. Throws ValidationError, PartnerNotFoundError, TemplateNotFoundError. */
export class CreateLicensePoolCommand extends TenantCommand<LicensePoolResponse> {
  static readonly operation = 'license-pools.create';

  readonly request: CreateLicensePoolRequest;

  constructor(
    actor: Actor,
    request: z.input<typeof CreateLicensePoolRequest>,
    override readonly options: CreateLicensePoolOptions = {},
  ) {
    super(actor, options);
    this.request = validated(CreateLicensePoolRequest, request);
  }

  get payload() {
    return { request: this.request };
  }
}
