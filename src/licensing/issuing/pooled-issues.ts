import { HttpException } from '@nestjs/common';
import type { Coalescer, Outcome } from '../../shared/async/coalescer.js';
import { coalesceWrites } from '../../shared/persistence/coalesce-writes.js';
import type { IssuedLicense } from '../license.response.js';
import type { IssueLicenseCommand } from './issue-license.command.js';
import type { ClaimedIssue } from './issue-replay.js';

/** Issue that is stored, replayed or refused. */
export interface FinalIssue {
  readonly issue: ClaimedIssue;
  readonly outcome: Exclude<Outcome<IssuedLicense>, 'RETRY'>;
}

/**
 * Coalesces issues from pools: requests for one pool, by one partner or by none, are a group, which `issue` runs in one unit of work, so that
 * it locks the pool once. Requests that the pool refused run again if another one did not use the license that it was granted.
 */
export function coalescePooledIssues(
  issue: (commands: readonly [IssueLicenseCommand, ...IssueLicenseCommand[]]) => Promise<readonly FinalIssue[]>,
): Coalescer<IssueLicenseCommand, IssuedLicense> {
  return coalesceWrites<IssueLicenseCommand, IssuedLicense>({
    queueOf: ({ actor, poolId }) => `${actor.tenantId} ${actor.partnerId} ${poolId}`,
    ownerOf: ({ actor }) => actor.tenantId,
    hasOneQueue: true,
    run: async ([first, ...others]) => {
      if (!first) return [];
      const issues = await issue([first, ...others]);
      const hasUnusedGrant = issues.some(
        (each) => !isRefusedByPool(each) && (each.issue.isReplayed || 'error' in each.outcome),
      );
      return issues.map((each) => (hasUnusedGrant && isRefusedByPool(each) ? 'RETRY' : each.outcome));
    },
  });
}

function isRefusedByPool({ issue: { pool, isReplayed } }: FinalIssue): boolean {
  return pool instanceof HttpException && !isReplayed;
}
