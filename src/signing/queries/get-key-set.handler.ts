import { QueryHandler, type IQueryHandler } from '@nestjs/cqrs';
import { Clock } from '../../shared/time/clock.js';
import { TenantNotFoundError } from '../../shared/access/access.errors.js';
import { KnownTenants } from '../../shared/access/authenticator.js';
import { SigningKeyRepository } from '../signing-key.repository.js';
import { GetKeySetQuery } from './get-key-set.query.js';
import { toPublicKey } from '../signing-key.response.js';

/** Includes the keys of a suspended tenant, because their signatures are still valid. */
@QueryHandler(GetKeySetQuery)
export class GetKeySetHandler implements IQueryHandler<GetKeySetQuery> {
  constructor(
    private readonly tenants: KnownTenants,
    private readonly keys: SigningKeyRepository,
    private readonly clock: Clock,
  ) {}

  async execute({ tenantId }: GetKeySetQuery) {
    if (!(await this.tenants.findTenant(tenantId))) throw new TenantNotFoundError();
    const keys = await this.keys.findPublished(tenantId, this.clock.now());
    return { keys: keys.map(toPublicKey) };
  }
}
