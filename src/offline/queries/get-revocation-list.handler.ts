import { QueryHandler, type IQueryHandler } from '@nestjs/cqrs';
import { TenantNotFoundError } from '../../shared/access/access.errors.js';
import { KnownTenants } from '../../shared/access/authenticator.js';
import { toRevocationListResponse } from '../revocation-list.response.js';
import { RevocationListNotReadyError } from '../revocation-list.errors.js';
import { RevocationListRepository } from '../revocation-list.repository.js';
import { GetRevocationListQuery } from './get-revocation-list.query.js';

@QueryHandler(GetRevocationListQuery)
export class GetRevocationListHandler implements IQueryHandler<GetRevocationListQuery> {
  constructor(
    private readonly tenants: KnownTenants,
    private readonly lists: RevocationListRepository,
  ) {}

  async execute({ tenantId }: GetRevocationListQuery) {
    if (!(await this.tenants.findTenant(tenantId))) throw new TenantNotFoundError();
    const list = await this.lists.findPublished(tenantId);
    if (!list) throw new RevocationListNotReadyError();
    return toRevocationListResponse(list);
  }
}
