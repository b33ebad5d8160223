import { QueryHandler, type IQueryHandler } from '@nestjs/cqrs';
import { Clock } from '../../shared/time/clock.js';
import { UnitOfWork } from '../../shared/persistence/unit-of-work.js';
import { LicenseNotFoundError } from '../license.errors.js';
import { LicenseReader } from '../license-reader.js';
import { GetLicenseQuery } from './get-license.query.js';
import { toLicenseResponse } from '../license.response.js';

@QueryHandler(GetLicenseQuery)
export class GetLicenseHandler implements IQueryHandler<GetLicenseQuery> {
  constructor(
    private readonly unitOfWork: UnitOfWork,
    private readonly licenses: LicenseReader,
    private readonly clock: Clock,
  ) {}

  async execute({ actor, licenseId }: GetLicenseQuery) {
    const license = await this.unitOfWork.readAs(actor, () => this.licenses.find(actor.tenantId, licenseId));
    if (!license) throw new LicenseNotFoundError(licenseId);
    return toLicenseResponse(license, this.clock.now());
  }
}
