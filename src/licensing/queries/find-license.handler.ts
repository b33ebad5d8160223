import { QueryHandler, type IQueryHandler } from '@nestjs/cqrs';
import { Clock } from '../../shared/time/clock.js';
import { UnitOfWork } from '../../shared/persistence/unit-of-work.js';
import { SeatCounter } from '../seat-counter.js';
import { LicenseRepository } from '../license.repository.js';
import { FindLicenseQuery } from './find-license.query.js';

@QueryHandler(FindLicenseQuery)
export class FindLicenseHandler implements IQueryHandler<FindLicenseQuery> {
  constructor(
    private readonly unitOfWork: UnitOfWork,
    private readonly licenses: LicenseRepository,
    private readonly seatCounter: SeatCounter,
    private readonly clock: Clock,
  ) {}

  async execute({ actor: { tenantId }, licenseId }: FindLicenseQuery) {
    return this.unitOfWork.read(tenantId, async () => {
      const license = await this.licenses.find(tenantId, licenseId);
      return license && this.seatCounter.countSeats(license, this.clock.now());
    });
  }
}
