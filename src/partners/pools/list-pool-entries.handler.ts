import { QueryHandler, type IQueryHandler } from '@nestjs/cqrs';
import { Paginator } from '../../shared/http/paginator.js';
import { equalities } from '../../shared/persistence/tenant-scoped.repository.js';
import { UnitOfWork } from '../../shared/persistence/unit-of-work.js';
import { PoolNotFoundError } from '../partner.errors.js';
import { LicensePoolRepository } from './license-pool.repository.js';
import { toPoolEntryResponse } from './license-pool.response.js';
import { ListPoolEntriesQuery } from './list-pool-entries.query.js';
import { LATEST_ENTRY_FIRST, PoolEntryRepository } from './pool-entry.repository.js';

@QueryHandler(ListPoolEntriesQuery)
export class ListPoolEntriesHandler implements IQueryHandler<ListPoolEntriesQuery> {
  constructor(
    private readonly unitOfWork: UnitOfWork,
    private readonly pools: LicensePoolRepository,
    private readonly entries: PoolEntryRepository,
    private readonly paginator: Paginator,
  ) {}

  execute({ actor, poolId, request }: ListPoolEntriesQuery) {
    const scope = { tenantId: actor.tenantId, list: 'pool-entries', of: poolId };
    const page = this.paginator.request(scope, request, LATEST_ENTRY_FIRST);
    return this.unitOfWork.read(actor, async () => {
      if (!(await this.pools.find(actor.tenantId, poolId))) throw new PoolNotFoundError(poolId);
      const rows = await this.entries.list(actor.tenantId, equalities({ poolId }), page);
      return this.paginator.page(rows, page, ({ number }) => ({ at: String(number), id: poolId }), toPoolEntryResponse);
    });
  }
}
