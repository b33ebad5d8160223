import { QueryHandler, type IQueryHandler } from '@nestjs/cqrs';
import { TenantNotFoundError } from '../../shared/tenancy/access.errors.js';
import { Authenticator } from '../../shared/tenancy/authenticator.js';
import { RevocationLists } from '../revocation-lists.js';
import { GetRevocationListQuery } from './get-revocation-list.query.js';

@QueryHandler(GetRevocationListQuery)
export class GetRevocationListHandler implements IQueryHandler<GetRevocationListQuery> {
  constructor(
    private readonly authenticator: Authenticator,
    private readonly lists: RevocationLists,
  ) {}

  async execute({ tenantId }: GetRevocationListQuery) {
    if (!(await this.authenticator.findTenant(tenantId))) throw new TenantNotFoundError();
    return this.lists.get(tenantId);
  }
}
