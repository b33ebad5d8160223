import { QueryHandler, type IQueryHandler } from '@nestjs/cqrs';
import { UnitOfWork } from '../../shared/persistence/unit-of-work.js';
import { Clock } from '../../shared/time/clock.js';
import { PoolNotFoundError } from '../partner.errors.js';
import { GetLicensePoolQuery } from './get-license-pool.query.js';
import { LicensePoolRepository } from './license-pool.repository.js';
import { toLicensePoolResponse } from './license-pool.response.js';
import { NO_TOTALS } from './pool-entry-kind.js';
import { PoolLedger } from './pool-ledger.js';

@QueryHandler(GetLicensePoolQuery)
export class GetLicensePoolHandler implements IQueryHandler<GetLicensePoolQuery> {
  constructor(
    private readonly unitOfWork: UnitOfWork,
    private readonly pools: LicensePoolRepository,
    private readonly ledger: PoolLedger,
    private readonly clock: Clock,
  ) {}

  execute({ actor, poolId }: GetLicensePoolQuery) {
    return this.unitOfWork.read(actor, async (transaction) => {
      const [pool, ledgers] = await Promise.all([
        this.pools.find(actor.tenantId, poolId),
        this.ledger.read(transaction, [poolId]),
      ]);
      if (!pool) throw new PoolNotFoundError(poolId);
      return toLicensePoolResponse(pool, ledgers.get(poolId) ?? NO_TOTALS, this.clock.now());
    });
  }
}
