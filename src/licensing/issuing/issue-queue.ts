import type { IdempotencyClaim } from '../../shared/persistence/idempotency.js';
import type { IssueGroup, PendingIssue, PendingIssues } from './pending-issue.js';

/** Largest group. Further issue requests wait for the next group, so that none waits long for its transaction. */
export const MAX_GROUP_SIZE = 100;

/**
 * Waiting issue requests by tenant. A tenant has one group in flight, or more in order on one connection, so its requests run in order.
 * All waiting tenants get equal shares of the next group, so that a large tenant does not delay a small one.
 */
export class IssueQueue {
  private readonly waiting = new Map<string, PendingIssue[]>();
  /** Groups in flight, by tenant. */
  private readonly inFlight = new Map<string, PendingIssues[]>();
  /**
   * Followers of the waiting or in-flight request that holds the idempotency key, by tenant and key digest. The request itself is not a
   * value, because V8 may retain deleted map entries for long, and with them the whole request.
   */
  private readonly followersByKey = new Map<string, PendingIssue[]>();

  add(pending: PendingIssue): void {
    const { claim } = pending;
    if (claim) {
      const key = keyOf(claim);
      const followers = this.followersByKey.get(key);
      if (followers) {
        followers.push(pending);
        return;
      }
      this.followersByKey.set(key, pending.followers);
    }
    const { tenantId } = pending.command.actor;
    const queue = this.waiting.get(tenantId);
    if (queue) queue.push(pending);
    else this.waiting.set(tenantId, [pending]);
  }

  /** Returns the oldest requests of the tenants that have none in flight; empty if there are none. */
  nextGroup(): IssueGroup {
    return this.take(this.idleTenants());
  }

  /**
   * Returns a full group for the same connection, if the licenses of both groups are prepared and no other tenant is waiting. Otherwise
   * empty: smaller groups would only be more groups, and a waiting tenant gets its share when the connection ends.
   */
  nextPipelinedGroup(group: IssueGroup): IssueGroup {
    const queues = [...group.keys()].map((tenantId) => this.waiting.get(tenantId) ?? []);
    const isFull = queues.reduce((sum, { length }) => sum + length, 0) >= MAX_GROUP_SIZE;
    const isReady = isFull && isPrepared(group) && queues.flat().every(({ prepared }) => prepared);
    if (!isReady || this.idleTenants().length > 0) return new Map();
    return this.take([...group.keys()].filter((tenantId) => this.waiting.has(tenantId)));
  }

  /**
   * Returns the unprepared requests at the end of a tenant's queue. Empty while a request in flight is unprepared, because licenses have
   * to be created in the order of their requests.
   */
  unprepared(tenantId: string): PendingIssue[] {
    const isUnprepared = ({ prepared }: PendingIssue) => !prepared;
    if (this.inFlight.get(tenantId)?.some((pendingIssues) => pendingIssues.some(isUnprepared))) return [];
    const queue = this.waiting.get(tenantId) ?? [];
    let from = queue.length;
    while (from > 0 && !queue[from - 1]?.prepared) from--;
    return queue.slice(from);
  }

  /** Ends a group, so that its tenants may be in the next one. */
  finish(group: IssueGroup): void {
    for (const [tenantId, pendingIssues] of group) {
      const groups = this.inFlight.get(tenantId) ?? [];
      // Removes the group from the array, too, because V8 may retain the deleted map entry; see `followersByKey`.
      groups.splice(groups.indexOf(pendingIssues), 1);
      if (groups.length === 0) this.inFlight.delete(tenantId);
    }
  }

  /** Releases the idempotency key: the next request with it reads the stored result from the database. */
  releaseKey({ claim }: PendingIssue): void {
    if (claim) this.followersByKey.delete(keyOf(claim));
  }

  /** Returns the waiting tenants that have no request in flight. */
  private idleTenants(): string[] {
    return [...this.waiting.keys()].filter((tenantId) => !this.inFlight.has(tenantId));
  }

  private take(tenantIds: readonly string[]): IssueGroup {
    const served = tenantIds.slice(0, MAX_GROUP_SIZE);
    const share = Math.floor(MAX_GROUP_SIZE / Math.max(1, served.length));
    const group = new Map<string, PendingIssues>();
    for (const tenantId of served) {
      const queue = this.waiting.get(tenantId) ?? [];
      const [first, ...others] = queue.splice(0, share);
      if (!first) continue;
      const taken = [first, ...others] as const;
      // A tenant with remaining requests moves to the end of the map, so that tenants take turns.
      this.waiting.delete(tenantId);
      if (queue.length > 0) this.waiting.set(tenantId, queue);
      group.set(tenantId, taken);
      const inFlight = this.inFlight.get(tenantId);
      if (inFlight) inFlight.push(taken);
      else this.inFlight.set(tenantId, [taken]);
    }
    return group;
  }
}

export function pendingIssuesOf(group: IssueGroup): PendingIssue[] {
  return [...group.values()].flat();
}

/** Groups issue requests by tenant and keeps their order. */
export function byTenant(pendingIssues: readonly PendingIssue[]): IssueGroup {
  const group = new Map<string, [PendingIssue, ...PendingIssue[]]>();
  for (const pending of pendingIssues) {
    const { tenantId } = pending.command.actor;
    const tenantIssues = group.get(tenantId);
    if (tenantIssues) tenantIssues.push(pending);
    else group.set(tenantId, [pending]);
  }
  return group;
}

export function halvesOf(group: IssueGroup): readonly [IssueGroup, IssueGroup] {
  const pendingIssues = pendingIssuesOf(group);
  const middle = Math.ceil(pendingIssues.length / 2);
  return [byTenant(pendingIssues.slice(0, middle)), byTenant(pendingIssues.slice(middle))];
}

/** Tells whether all licenses of the group are prepared. */
export function isPrepared(group: IssueGroup): boolean {
  return pendingIssuesOf(group).every(({ prepared }) => prepared);
}

function keyOf({ tenantId, keyDigest }: IdempotencyClaim): string {
  return `${tenantId} ${keyDigest}`;
}
