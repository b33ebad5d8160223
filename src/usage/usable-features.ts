import { Injectable } from '@nestjs/common';
import { QueryBus } from '@nestjs/cqrs';
import { FindLicenseQuery, LicenseNotFoundError } from '../licensing/index.js';
import { Clock } from '../shared/time/clock.js';
import type { Actor } from '../shared/access/actor.js';
import { FeatureUnavailableError } from './usage.errors.js';
import { isFeatureExpired } from './entitlement.js';

/** Finds a feature of a license that is currently usable. */
@Injectable()
export class UsableFeatures {
  constructor(
    private readonly queries: QueryBus,
    private readonly clock: Clock,
  ) {}

  /** Throws LicenseNotFoundError, LicenseStateError, FeatureUnavailableError. */
  async find(actor: Actor, licenseId: string, featureId: string) {
    const now = this.clock.now();
    const license = await this.queries.execute(new FindLicenseQuery(actor, licenseId));
    if (!license) throw new LicenseNotFoundError(licenseId);
    license.assertCan('use', now);
    const feature = license.features.find(({ feature_id }) => feature_id === featureId);
    if (!feature?.enabled) throw new FeatureUnavailableError(featureId, 'is not part of the license');
    if (isFeatureExpired(feature, now)) throw new FeatureUnavailableError(featureId, 'has expired');
    return { license, feature, now };
  }
}
