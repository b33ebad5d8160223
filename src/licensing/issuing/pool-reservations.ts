import { Injectable } from '@nestjs/common';
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

  /** Notes the pool of each request that issues from one; see PoolAllowance.reserve. */
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
      this.pools.reserve(transaction, requests, this.clock.now()),
    );
    pooled.forEach((issue, at) => (issue.pool = pools[at]));
  }
}
