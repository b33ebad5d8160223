import { Query } from '@nestjs/cqrs';
import type { Actor } from '../../shared/access/actor.js';
import type { LicenseResponse } from '../license.response.js';

/** Returns a license. Throws LicenseNotFoundError. */
export class GetLicenseQuery extends Query<LicenseResponse> {
  constructor(
    readonly actor: Actor,
    readonly licenseId: string,
  ) {
    super();
  }
}
