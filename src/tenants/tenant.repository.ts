import { Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource } from 'typeorm';
import { UnitOfWork } from '../shared/persistence/unit-of-work.js';
import { TenantScopedRepository } from '../shared/persistence/tenant-scoped.repository.js';
import { Tenant } from './tenant.entity.js';
import type { PageRequest } from '../shared/persistence/page-request.js';

/** Rows of tenants. Only the list reads more than one tenant, for the platform's routes. */
@Injectable()
export class TenantRepository extends TenantScopedRepository<Tenant> {
  constructor(
    unitOfWork: UnitOfWork,
    @InjectDataSource() private readonly dataSource: DataSource,
  ) {
    super(Tenant, 'tenantId', unitOfWork);
  }

  /** Returns a page of tenants, the newest first, and one more row. */
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
