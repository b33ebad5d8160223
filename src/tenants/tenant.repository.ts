import { Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource } from 'typeorm';
import { UnitOfWork } from '../shared/persistence/unit-of-work.js';
import { TenantScopedRepository } from '../shared/persistence/tenant-scoped.repository.js';
import { Tenant } from './tenant.entity.js';
import type { PageRequest } from '../shared/persistence/page-request.js';

/** The tenants themselves. Only the list looks at more than one, and only the platform's routes ask for it. */
@Injectable()
export class TenantRepository extends TenantScopedRepository<Tenant> {
  constructor(
    unitOfWork: UnitOfWork,
    @InjectDataSource() private readonly dataSource: DataSource,
  ) {
    super(Tenant, 'tenantId', unitOfWork);
  }

  /** Newest first, one row more than the page holds. */
  listAll({ limit, after }: PageRequest): Promise<Tenant[]> {
    const query = this.dataSource.createQueryBuilder(Tenant, 'item');
    if (after) query.where('(item.createdAt, item.tenantId) < (:at, :id)', after);
    return query
      .orderBy('item.createdAt', 'DESC')
      .addOrderBy('item.tenantId', 'DESC')
      .limit(limit + 1)
      .getMany();
  }
}
