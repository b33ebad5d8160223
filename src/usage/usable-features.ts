import { Injectable } from '@nestjs/common';
import { QueryBus } from '@nestjs/cqrs';
import { FindLicenseQuery, LicenseNotFoundError, startsWithUse, type License } from '../licensing/index.js';
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

  /**
   * Also finds a feature of a license that this use is to start, if `mayStart`. Throws LicenseNotFoundError, LicenseStateError,
   * FeatureUnavailableError.
   */
  async find(command: UsageCommand, mayStart = false): Promise<UsableFeature> {
    const { actor, licenseId, options } = command;
    const now = this.clock.now();
    const license = options.license ?? (await this.queries.execute(new FindLicenseQuery(actor, licenseId)));
    if (!license) throw new LicenseNotFoundError(licenseId);
    const isToStart = mayStart && startsWithUse(license) && license.statusAt(now) === 'PENDING';
    return isToStart ? featureIn(license, command, now) : this.findIn(license, command, now);
  }

  /** Throws LicenseStateError, FeatureUnavailableError. */
  findIn(license: License, command: UsageCommand, now: Date): UsableFeature {
    license.assertCan('use', now);
    return featureIn(license, command, now);
  }
}

/** Throws FeatureUnavailableError. */
function featureIn(license: License, { featureAmount }: UsageCommand, now: Date): UsableFeature {
  const { feature_id: featureId } = featureAmount;
  const feature = license.features.find(({ feature_id }) => feature_id === featureId);
  if (!feature?.enabled) throw new FeatureUnavailableError(featureId, 'is not part of the license');
  if (isFeatureExpired(feature, now)) throw new FeatureUnavailableError(featureId, 'has expired');
  return { license, feature, now };
}
