import type { z } from 'zod';
import { LicenseActionRequest } from '../../licensing/index.js';
import type { Actor } from '../../shared/access/actor.js';
import { validated } from '../../shared/http/validation.pipe.js';
import { TenantCommand, type CommandOptions } from '../../shared/messaging/tenant-command.js';
import type { ActivationsReset } from '../activation.response.js';
import type { ActionReason } from '../../shared/http/action-reason.js';

/**
 * Ends all activations of a license but those that license files hold, in every state of the license, with one event. Throws
 * ValidationError, LicenseNotFoundError.
 */
export class ResetActivationsCommand extends TenantCommand<ActivationsReset> {
  static readonly operation = 'activations.reset';

  readonly reason: ActionReason | undefined;

  constructor(
    actor: Actor,
    readonly licenseId: string,
    options: CommandOptions = {},
    request: z.input<typeof LicenseActionRequest> = {},
  ) {
    super(actor, options);
    this.reason = validated(LicenseActionRequest, request).reason;
  }

  get payload() {
    return { license_id: this.licenseId, reason: this.reason };
  }
}
