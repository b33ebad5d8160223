import { QueryHandler, type IQueryHandler } from '@nestjs/cqrs';
import { pageRequest, toPage } from '../../shared/http/paging.js';
import { TenantId, toTenantResponse } from '../tenant.dto.js';
import { TenantsRepository } from '../tenant.repository.js';
import { ListTenantsQuery } from './list-tenants.query.js';

@QueryHandler(ListTenantsQuery)
export class ListTenantsHandler implements IQueryHandler<ListTenantsQuery> {
  constructor(private readonly tenants: TenantsRepository) {}

  async execute({ request }: ListTenantsQuery) {
    const page = pageRequest(request, TenantId);
    const rows = await this.tenants.listAll(page);
    return toPage(rows, page, ({ createdAt: at, tenantId: id }) => ({ at, id }), toTenantResponse);
  }
}
