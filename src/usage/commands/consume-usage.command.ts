import { TenantCommand } from '../../shared/messaging/tenant-command.js';
import type { LicenseOptions } from '../../licensing/index.js';
import type { Actor } from '../../shared/access/actor.js';
import type { UsageResponse } from '../usage.response.js';

/** An amount of one feature. */
export interface FeatureAmount {
  readonly feature_id: string;
  readonly amount: number;
}

/**
 * Consumes an amount of a feature, all of it or nothing. Records no event: the stored count is the record. Throws LicenseNotFoundError,
 * LicenseStateError, FeatureUnavailableError, UsageExceededError.
 */
export class ConsumeUsageCommand extends TenantCommand<UsageResponse> {
  static readonly operation = 'usage.consume';

  constructor(
    actor: Actor,
    readonly licenseId: string,
    readonly featureAmount: FeatureAmount,
    override readonly options: LicenseOptions = {},
  ) {
    super(actor, options);
  }

  get payload() {
    return { license_id: this.licenseId, feature_amount: this.featureAmount };
  }
}
