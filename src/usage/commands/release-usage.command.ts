import { TenantCommand } from '../../shared/messaging/tenant-command.js';
import type { LicenseOptions } from '../../licensing/index.js';
import type { Actor } from '../../shared/access/actor.js';
import type { FeatureAmount } from './consume-usage.command.js';
import type { UsageResponse } from '../usage.response.js';

/**
 * Releases usage of the current period, at most what is used. Throws LicenseNotFoundError, LicenseStateError, FeatureUnavailableError,
 * UsageNotHeldError.
 */
export class ReleaseUsageCommand extends TenantCommand<UsageResponse> {
  static readonly operation = 'usage.release';

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
