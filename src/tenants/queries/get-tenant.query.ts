import { Query } from '@nestjs/cqrs';
import type { Actor } from '../../shared/access/actor.js';
import type { TenantResponse } from '../tenant.response.js';

/** Returns the actor's tenant. Throws TenantNotFoundError. */
export class GetTenantQuery extends Query<TenantResponse> {
  constructor(readonly actor: Actor) {
    super();
  }
}
