import { QueryHandler, type IQueryHandler } from '@nestjs/cqrs';
import { Paginator } from '../../shared/http/paginator.js';
import { TenantRepository } from '../tenant.repository.js';
import { ListTenantsQuery } from './list-tenants.query.js';
import { toTenantResponse } from '../tenant.response.js';

@QueryHandler(ListTenantsQuery)
export class ListTenantsHandler implements IQueryHandler<ListTenantsQuery> {
  constructor(
    private readonly tenants: TenantRepository,
    private readonly paginator: Paginator,
  ) {}

  async execute({ request }: ListTenantsQuery) {
    const page = this.paginator.request({ tenantId: '', list: 'tenants' }, request);
    const rows = await this.tenants.listAll(page);
    return this.paginator.page(rows, page, ({ createdAt: at, tenantId: id }) => ({ at, id }), toTenantResponse);
  }
}
