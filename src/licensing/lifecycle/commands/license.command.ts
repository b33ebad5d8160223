import type { z } from 'zod';
import { TenantCommand, type CommandOptions } from '../../../shared/messaging/tenant-command.js';
import { validated } from '../../../shared/http/validation.pipe.js';
import type { Actor } from '../../../shared/access/actor.js';
import type { LicenseResponse } from '../../license.response.js';

/**
 * Something to be done to a license that is there. Each throws ValidationError, LicenseNotFoundError,
 * PreconditionFailedError and, where the license is in no state for it, LicenseStateError.
 */
export abstract class LicenseCommand<Schema extends z.ZodType = z.ZodType> extends TenantCommand<LicenseResponse> {
  readonly request: z.output<Schema>;

  protected constructor(
    schema: Schema,
    actor: Actor,
    readonly licenseId: string,
    request: z.input<Schema>,
    options: CommandOptions,
  ) {
    super(actor, options);
    this.request = validated(schema, request);
  }

  get payload() {
    return { license_id: this.licenseId, request: this.request };
  }
}
