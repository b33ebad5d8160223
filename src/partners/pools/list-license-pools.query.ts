import { Query } from '@nestjs/cqrs';
import type { Actor } from '../../shared/access/actor.js';
import type { ListLicensePoolsRequest } from './license-pool.requests.js';
import type { LicensePoolPage } from './license-pool.response.js';

export class ListLicensePoolsQuery extends Query<LicensePoolPage> {
  constructor(
    readonly actor: Actor,
    readonly request: ListLicensePoolsRequest,
  ) {
    super();
  }
}
