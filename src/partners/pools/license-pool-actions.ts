import { Injectable } from '@nestjs/common';
import type { TenantCommand } from '../../shared/messaging/tenant-command.js';
import type { Transaction } from '../../shared/persistence/transaction.js';
import { UnitOfWork } from '../../shared/persistence/unit-of-work.js';
import { Clock } from '../../shared/time/clock.js';
import { PoolNotFoundError } from '../partner.errors.js';
import type { LicensePool } from './license-pool.entity.js';
import { LicensePoolRepository } from './license-pool.repository.js';
import { toLicensePoolResponse, type LicensePoolResponse } from './license-pool.response.js';
import { NO_TOTALS, type PoolTotals } from './pool-entry-kind.js';
import { PoolLedger } from './pool-ledger.js';

type PoolCommand = TenantCommand<LicensePoolResponse> & { readonly poolId: string };
type PoolEffect = (transaction: Transaction, pool: LicensePool, now: Date, ledger: PoolTotals) => void | Promise<void>;

/** Runs actions on existing pools: one at a time per pool, under the lock that issues take, too. */
@Injectable()
export class LicensePoolActions {
  constructor(
    private readonly unitOfWork: UnitOfWork,
    private readonly pools: LicensePoolRepository,
    private readonly ledger: PoolLedger,
    private readonly clock: Clock,
  ) {}

  /** Returns the pool after `effect`. Throws PoolNotFoundError, PreconditionFailedError. */
  run(command: PoolCommand, effect: PoolEffect): Promise<LicensePoolResponse> {
    const { actor, poolId, options } = command;
    return this.unitOfWork.perform(command, async (transaction) => {
      const pool = await this.pools.findForUpdate(actor.tenantId, poolId);
      if (!pool) throw new PoolNotFoundError(poolId);
      const now = this.clock.now();
      pool.assertVersion(options.ifMatch);
      await effect(transaction, pool, now, await this.read(transaction, poolId));
      await transaction.flush();
      return toLicensePoolResponse(pool, await this.read(transaction, poolId), now);
    });
  }

  private async read(transaction: Transaction, poolId: string): Promise<PoolTotals> {
    return (await this.ledger.read(transaction, [poolId])).get(poolId) ?? NO_TOTALS;
  }
}
