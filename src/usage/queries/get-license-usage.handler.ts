import { QueryBus, QueryHandler, type IQueryHandler } from '@nestjs/cqrs';
import { FindLicenseQuery, LicenseNotFoundError } from '../../licensing/index.js';
import { Clock } from '../../shared/time/clock.js';
import { UsageRepository } from '../usage.repository.js';
import { toPeriodUsageResponse } from '../usage.response.js';
import { GetLicenseUsageQuery } from './get-license-usage.query.js';

@QueryHandler(GetLicenseUsageQuery)
export class GetLicenseUsageHandler implements IQueryHandler<GetLicenseUsageQuery> {
  constructor(
    private readonly queries: QueryBus,
    private readonly usages: UsageRepository,
    private readonly clock: Clock,
  ) {}

  async execute({ actor, licenseId }: GetLicenseUsageQuery) {
    const license = await this.queries.execute(new FindLicenseQuery(actor, licenseId));
    if (!license) throw new LicenseNotFoundError(licenseId);
    const now = this.clock.now();
    const rows = await this.usages.readAll(actor.tenantId, licenseId);
    return { license_id: licenseId, usage: rows.map((row) => toPeriodUsageResponse(license, row, now)) };
  }
}
