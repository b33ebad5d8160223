import type { Actor } from '../../shared/access/actor.js';
import { TenantCommand, type CommandOptions } from '../../shared/messaging/tenant-command.js';
import type { CorrectUsageRequest } from '../usage.requests.js';
import type { PeriodUsageResponse } from '../usage.response.js';

/** Sets the usage of a feature in one period. Throws LicenseNotFoundError, FeatureUnavailableError, InvalidFieldError. */
export class CorrectUsageCommand extends TenantCommand<PeriodUsageResponse> {
  static readonly operation = 'usage.correct';

  constructor(
    actor: Actor,
    readonly licenseId: string,
    readonly request: CorrectUsageRequest,
    options: CommandOptions = {},
  ) {
    super(actor, options);
  }

  get payload() {
    return { license_id: this.licenseId, request: this.request };
  }
}
