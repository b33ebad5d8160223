import { HttpException, Injectable } from '@nestjs/common';
import type { Actor } from '../../shared/access/actor.js';
import { InvalidFieldError } from '../../shared/errors.js';
import { UnitOfWork } from '../../shared/persistence/unit-of-work.js';
import { type AllowingPool, PoolAllowance, type PoolGrant } from '../issuing/pool-allowance.js';
import type { License } from '../license.entity.js';
import { assertMoveAllowed, assertResetAllowed } from '../partner-allowance.js';

/** Template that a license gets, the pool that the request names for it, and whether the license loses its overrides. */
interface TemplateRequest {
  readonly license_template_id?: string | undefined;
  readonly pool_id?: string | undefined;
  readonly reset_overrides?: boolean | undefined;
}

/** Moves a license into another pool with the template of that pool. */
@Injectable()
export class PoolMoves {
  constructor(
    private readonly unitOfWork: UnitOfWork,
    private readonly pools: PoolAllowance,
  ) {}

  /**
   * Changes a license, with the id of the pool into which it moves, if any, and returns the change. `pool` is that of the license, if the actor is
   * its partner, who gets no more by it than the pools allow. Throws InvalidFieldError, NotAllowedByPoolError, and the errors of an issue from a
   * pool.
   */
  async change<Change>(
    actor: Actor,
    license: License,
    request: TemplateRequest,
    { now, pool }: { readonly now: Date; readonly pool: AllowingPool | undefined },
    change: (poolId: string | undefined) => Change,
  ): Promise<Change> {
    const target = await this.find(actor, license, request, now, pool);
    if (pool && !target && request.reset_overrides) assertResetAllowed(license, pool);
    const changed = change(target?.poolId);
    if (pool && target) assertMoveAllowed(license, now, target);
    return changed;
  }

  /**
   * Returns the pool that the request names, which the open unit of work locks; to the key of a partner, whose pool of the license is `pool`, also
   * the only usable one of another template. Undefined: the license stays where it is. Throws InvalidFieldError and the errors of an issue
   * from a pool.
   */
  private async find(
    actor: Actor,
    license: License,
    { license_template_id: templateId, pool_id: poolId }: TemplateRequest,
    now: Date,
    pool: AllowingPool | undefined,
  ): Promise<PoolGrant | undefined> {
    if (templateId === undefined) return undefined;
    const namesOther = poolId !== undefined && poolId !== license.poolId;
    const needsOther = pool !== undefined && templateId !== pool.templateId && templateId !== license.templateId;
    if (!namesOther && !needsOther) return undefined;
    const request = { actor, poolId, templateId };
    const locked = await this.unitOfWork.run(actor.tenantId, (transaction) =>
      this.pools.lock(transaction, [request], now),
    );
    const grant = locked.find(request);
    if (grant instanceof HttpException) throw grant;
    if (grant.partnerId !== license.partnerId)
      throw new InvalidFieldError('/pool_id', 'must be a pool of the partner that the license has');
    return grant;
  }
}
