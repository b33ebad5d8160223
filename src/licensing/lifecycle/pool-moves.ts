import { HttpException, Injectable } from '@nestjs/common';
import type { Actor } from '../../shared/access/actor.js';
import { InvalidFieldError } from '../../shared/errors.js';
import { UnitOfWork } from '../../shared/persistence/unit-of-work.js';
import { type AllowingPool, PoolAllowance, type PoolGrant } from '../issuing/pool-allowance.js';
import type { License } from '../license.entity.js';

/** Template that a license gets, and the pool that the request names for it. */
interface TemplateRequest {
  readonly license_template_id?: string | undefined;
  readonly pool_id?: string | undefined;
}

/** Finds the pool into which a license moves when it gets the template of another pool. */
@Injectable()
export class PoolMoves {
  constructor(
    private readonly unitOfWork: UnitOfWork,
    private readonly pools: PoolAllowance,
  ) {}

  /**
   * Returns the pool that the request names, which the open unit of work locks; to the key of a partner, whose pool of the license is `pool`, also
   * the only usable one of another template. Undefined: the license stays where it is. Throws InvalidFieldError and the errors of an issue
   * from a pool.
   */
  async find(
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
