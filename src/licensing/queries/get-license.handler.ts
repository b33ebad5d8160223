import { QueryHandler, type IQueryHandler } from '@nestjs/cqrs';
import { Clock } from '../../shared/time/clock.js';
import { LicenseNotFoundError } from '../license.errors.js';
import { SeatCounter } from '../seat-counter.js';
import { LicenseRepository } from '../license.repository.js';
import { GetLicenseQuery } from './get-license.query.js';
import { toLicenseResponse } from '../license.response.js';

@QueryHandler(GetLicenseQuery)
export class GetLicenseHandler implements IQueryHandler<GetLicenseQuery> {
  constructor(
    private readonly licenses: LicenseRepository,
    private readonly seatCounter: SeatCounter,
    private readonly clock: Clock,
  ) {}

  async execute({ actor, licenseId }: GetLicenseQuery) {
    const now = this.clock.now();
    const license = await this.licenses.find(actor.tenantId, licenseId);
    if (!license) throw new LicenseNotFoundError(licenseId);
    return toLicenseResponse(await this.seatCounter.countSeats(license, now), now);
  }
}
