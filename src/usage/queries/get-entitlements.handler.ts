import { QueryBus, QueryHandler, type IQueryHandler } from '@nestjs/cqrs';
import { FindLicenseQuery, LicenseNotFoundError } from '../../licensing/index.js';
import { Clock } from '../../shared/time/clock.js';
import { UnitOfWork } from '../../shared/persistence/unit-of-work.js';
import { UsageRepository } from '../usage.repository.js';
import { GetEntitlementsQuery } from './get-entitlements.query.js';
import { toEntitlements } from '../usage.response.js';

@QueryHandler(GetEntitlementsQuery)
export class GetEntitlementsHandler implements IQueryHandler<GetEntitlementsQuery> {
  constructor(
    private readonly unitOfWork: UnitOfWork,
    private readonly queries: QueryBus,
    private readonly usages: UsageRepository,
    private readonly clock: Clock,
  ) {}

  execute({ actor, licenseId, features }: GetEntitlementsQuery) {
    const now = this.clock.now();
    return this.unitOfWork.read(actor.tenantId, async () => {
      const license = await this.queries.execute(new FindLicenseQuery(actor, licenseId));
      if (!license) throw new LicenseNotFoundError(licenseId);
      license.assertCan('use', now);
      const all = toEntitlements(license, await this.usages.read(actor.tenantId, license, now), now);
      const entitlements = features ? all.filter(({ feature_id }) => features.includes(feature_id)) : all;
      return { license_id: licenseId, entitlements, server_time: now.toISOString() };
    });
  }
}
