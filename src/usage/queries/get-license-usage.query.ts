import { Query } from '@nestjs/cqrs';
import type { Actor } from '../../shared/access/actor.js';
import type { LicenseUsage } from '../usage.response.js';

/** Returns the usage of a license by feature and period, former ones too. Throws LicenseNotFoundError. */
export class GetLicenseUsageQuery extends Query<LicenseUsage> {
  constructor(
    readonly actor: Actor,
    readonly licenseId: string,
  ) {
    super();
  }
}
