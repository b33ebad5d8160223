import { QueryHandler, type IQueryHandler } from '@nestjs/cqrs';
import { Paginator } from '../../shared/http/paginator.js';
import { equalities } from '../../shared/persistence/tenant-scoped.repository.js';
import { UnitOfWork } from '../../shared/persistence/unit-of-work.js';
import { Clock } from '../../shared/time/clock.js';
import { LicensePoolRepository } from './license-pool.repository.js';
import { toLicensePoolResponse } from './license-pool.response.js';
import { ListLicensePoolsQuery } from './list-license-pools.query.js';
import { NO_TOTALS } from './pool-entry-kind.js';
import { PoolLedger } from './pool-ledger.js';

@QueryHandler(ListLicensePoolsQuery)
export class ListLicensePoolsHandler implements IQueryHandler<ListLicensePoolsQuery> {
  constructor(
    private readonly unitOfWork: UnitOfWork,
    private readonly pools: LicensePoolRepository,
    private readonly ledger: PoolLedger,
    private readonly paginator: Paginator,
    private readonly clock: Clock,
  ) {}

  execute({ actor, request }: ListLicensePoolsQuery) {
    const page = this.paginator.request({ tenantId: actor.tenantId, list: 'license-pools' }, request);
    const conditions = equalities({ partnerId: request.partner_id, templateId: request.template_id });
    return this.unitOfWork.read(actor, async (transaction) => {
      const pools = await this.pools.list(actor.tenantId, conditions, page);
      const ledgers = await this.ledger.read(
        transaction,
        pools.map(({ poolId }) => poolId),
      );
      const now = this.clock.now();
      return this.paginator.page(
        pools,
        page,
        ({ createdAt: at, poolId: id }) => ({ at, id }),
        (pool) => toLicensePoolResponse(pool, ledgers.get(pool.poolId) ?? NO_TOTALS, now),
      );
    });
  }
}
