import { QueryHandler, type IQueryHandler } from '@nestjs/cqrs';
import { UnitOfWork } from '../../shared/persistence/unit-of-work.js';
import { LicenseReader } from '../license-reader.js';
import { FindLicenseQuery } from './find-license.query.js';

@QueryHandler(FindLicenseQuery)
export class FindLicenseHandler implements IQueryHandler<FindLicenseQuery> {
  constructor(
    private readonly unitOfWork: UnitOfWork,
    private readonly licenses: LicenseReader,
  ) {}

  execute({ actor, licenseId }: FindLicenseQuery) {
    return this.unitOfWork.readAs(actor, () => this.licenses.find(actor.tenantId, licenseId));
  }
}
