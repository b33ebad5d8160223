import type { z } from 'zod';
import { TenantCommand, type CommandOptions } from '../../../shared/messaging/tenant-command.js';
import { validated } from '../../../shared/http/validation.pipe.js';
import type { Actor } from '../../../shared/access/actor.js';
import type { PartnerAction } from '../../partner-allowance.js';
import type { LicenseResponse } from '../../license.response.js';

/**
 * Action on an existing license. Every action throws ValidationError, LicenseNotFoundError, PreconditionFailedError, and
 * LicenseStateError if the state of the license does not allow it.
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

  /** Actions that the pool of a license must allow to the key of its partner; none: no partner may do this. */
  get partnerActions(): readonly PartnerAction[] {
    return [];
  }

  get payload() {
    return { license_id: this.licenseId, request: this.request };
  }
}
