import { HttpException, Injectable } from '@nestjs/common';
import { UnitOfWork } from '../../shared/persistence/unit-of-work.js';
import { Clock } from '../../shared/time/clock.js';
import type { ClaimedIssue } from './issue-replay.js';
import { PoolAllowance } from './pool-allowance.js';

/** Locks the pools of issue requests in the open unit of work. */
@Injectable()
export class PoolReservations {
  constructor(
    private readonly unitOfWork: UnitOfWork,
    private readonly pools: PoolAllowance,
    private readonly clock: Clock,
  ) {}

  /** Takes a license for each request that issues from a pool and notes the pool, or the reason why it gives none. */
  async reserve(issues: Iterable<ClaimedIssue>): Promise<void> {
    const pooled = [...issues].filter(({ command }) => command.isPooled);
    const [first] = pooled;
    if (!first) return;
    const requests = pooled.map(({ command: { actor, poolId, request } }) => ({
      actor,
      poolId,
      templateId: request.license_template_id,
    }));
    const pools = await this.unitOfWork.run(first.command.actor, (transaction) =>
      this.pools.lock(transaction, requests, this.clock.now()),
    );
    requests.forEach((request, at) => {
      const [issue, pool] = [pooled[at], pools.find(request)];
      if (!(pool instanceof HttpException)) pools.take(pool.poolId);
      if (issue) issue.pool = pool;
    });
  }
}
