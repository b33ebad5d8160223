import { Injectable } from '@nestjs/common';
import { QueryBus } from '@nestjs/cqrs';
import { FindLicenseQuery, LicenseNotFoundError } from '../licensing/index.js';
import { Clock } from '../shared/time/clock.js';
import type { UsageCommand } from './commands/usage.command.js';
import { FeatureUnavailableError } from './usage.errors.js';
import { isFeatureExpired } from './entitlement.js';
import type { UsableFeature } from './usable-feature.js';

/** Finds a feature of a license that is currently usable. */
@Injectable()
export class UsableFeatures {
  constructor(
    private readonly queries: QueryBus,
    private readonly clock: Clock,
  ) {}

  /** Throws LicenseNotFoundError, LicenseStateError, FeatureUnavailableError. */
  async find({ actor, licenseId, featureAmount, options }: UsageCommand) {
    const { feature_id: featureId } = featureAmount;
    const now = this.clock.now();
    const license = options.license ?? (await this.queries.execute(new FindLicenseQuery(actor, licenseId)));
    if (!license) throw new LicenseNotFoundError(licenseId);
    license.assertCan('use', now);
    const feature = license.features.find(({ feature_id }) => feature_id === featureId);
    if (!feature?.enabled) throw new FeatureUnavailableError(featureId, 'is not part of the license');
    if (isFeatureExpired(feature, now)) throw new FeatureUnavailableError(featureId, 'has expired');
    return { license, feature, now } satisfies UsableFeature;
  }
}
