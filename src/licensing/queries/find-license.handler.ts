import { QueryHandler, type IQueryHandler } from '@nestjs/cqrs';
import { LicenseReader } from '../license-reader.js';
import { FindLicenseQuery } from './find-license.query.js';

@QueryHandler(FindLicenseQuery)
export class FindLicenseHandler implements IQueryHandler<FindLicenseQuery> {
  constructor(private readonly licenses: LicenseReader) {}

  execute({ actor, licenseId }: FindLicenseQuery) {
    return this.licenses.find(actor.tenantId, licenseId);
  }
}
