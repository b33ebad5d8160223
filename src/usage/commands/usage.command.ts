import { TenantCommand } from '../../shared/messaging/tenant-command.js';
import type { LicenseOptions } from '../../licensing/index.js';
import type { Actor } from '../../shared/access/actor.js';
import type { UsageResponse } from '../usage.response.js';

/** An amount of one feature. */
export interface FeatureAmount {
  readonly feature_id: string;
  readonly amount: number;
}

/** Change of the usage of one feature of a license. */
export abstract class UsageCommand extends TenantCommand<UsageResponse> {
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
