import { QueryHandler, type IQueryHandler } from '@nestjs/cqrs';
import { TenantNotFoundError } from '../../shared/access/access.errors.js';
import { TenantRepository } from '../tenant.repository.js';
import { GetTenantQuery } from './get-tenant.query.js';
import { toTenantResponse } from '../tenant.response.js';

@QueryHandler(GetTenantQuery)
export class GetTenantHandler implements IQueryHandler<GetTenantQuery> {
  constructor(private readonly tenants: TenantRepository) {}

  async execute({ actor: { tenantId } }: GetTenantQuery) {
    const tenant = await this.tenants.find(tenantId, tenantId);
    if (!tenant) throw new TenantNotFoundError();
    return toTenantResponse(tenant);
  }
}
