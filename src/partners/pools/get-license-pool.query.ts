import { Query } from '@nestjs/cqrs';
import type { Actor } from '../../shared/access/actor.js';
import type { LicensePoolResponse } from './license-pool.response.js';

/** Throws PoolNotFoundError. */
export class GetLicensePoolQuery extends Query<LicensePoolResponse> {
  constructor(
    readonly actor: Actor,
    readonly poolId: string,
  ) {
    super();
  }
}
