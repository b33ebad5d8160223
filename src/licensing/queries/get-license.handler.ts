import { QueryHandler, type IQueryHandler } from '@nestjs/cqrs';
import { toLicenseResponse } from '../license.dto.js';
import { LicenseNotFoundError } from '../license.errors.js';
import { LicenseRepository } from '../license.repository.js';
import { GetLicenseQuery } from './get-license.query.js';

@QueryHandler(GetLicenseQuery)
export class GetLicenseHandler implements IQueryHandler<GetLicenseQuery> {
  constructor(private readonly licenses: LicenseRepository) {}

  async execute({ actor, licenseId }: GetLicenseQuery) {
    const license = await this.licenses.find(actor.tenantId, licenseId);
    if (!license) throw new LicenseNotFoundError(licenseId);
    return toLicenseResponse(license);
  }
}
