import { Query } from '@nestjs/cqrs';
import type { PlatformActor } from '../../shared/access/actor.js';
import type { ListTenantsRequest } from '../tenant.requests.js';
import type { TenantPage } from '../tenant.response.js';

export class ListTenantsQuery extends Query<TenantPage> {
  constructor(
    readonly actor: PlatformActor,
    readonly request: ListTenantsRequest,
  ) {
    super();
  }
}
