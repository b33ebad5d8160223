import type { IdempotencyClaim } from '../../shared/persistence/idempotency.js';
import type { IssueGroup, PendingIssue, PendingIssues } from './pending-issue.js';

/** What keeps latency in check: more orders than this wait for the next group. */
export const MAX_GROUP_SIZE = 100;

/**
 * Orders that wait, by tenant. A group of a tenant goes when none is on its way, or behind the last one in its lane, so that its
 * orders are done as they came; and every tenant that waits gets an equal share of the next group, so a huge one cannot keep a
 * small one waiting.
 */
export class IssueQueue {
  private readonly waiting = new Map<string, PendingIssue[]>();
  /** The groups of a tenant that are on their way. */
  private readonly inFlight = new Map<string, PendingIssues[]>();
  /**
   * By digest of the idempotency key: the followers of the order that holds it, waiting or on its way. Not the order itself: V8 may
   * keep what a map has held for long after its entry is gone, and with an order its whole request.
   */
  private readonly followersByKey = new Map<string, PendingIssue[]>();

  add(ticket: PendingIssue): void {
    const { claim } = ticket;
    if (claim) {
      const key = keyOf(claim);
      const followers = this.followersByKey.get(key);
      if (followers) {
        followers.push(ticket);
        return;
      }
      this.followersByKey.set(key, ticket.followers);
    }
    const { tenantId } = ticket.command.actor;
    const queue = this.waiting.get(tenantId);
    if (queue) queue.push(ticket);
    else this.waiting.set(tenantId, [ticket]);
  }

  /** The next orders of tenants that have none on their way, oldest first of each tenant; empty when there are none. */
  nextGroup(): IssueGroup {
    return this.take(this.idleTenants());
  }

  /**
   * A full group to go behind this one: of its tenants, so that nobody waits for somebody else, and with the licenses of both made, so
   * that both are sent at once. Smaller ones would only be more of them. None while others wait that may go by themselves: the lane has
   * to end for them to have their share.
   */
  nextPipelinedGroup(group: IssueGroup): IssueGroup {
    const queues = [...group.keys()].map((tenantId) => this.waiting.get(tenantId) ?? []);
    const isFull = queues.reduce((sum, { length }) => sum + length, 0) >= MAX_GROUP_SIZE;
    const isReady = isFull && isPrepared(group) && queues.flat().every(({ prepared }) => prepared);
    if (!isReady || this.idleTenants().length > 0) return new Map();
    return this.take([...group.keys()].filter((tenantId) => this.waiting.has(tenantId)));
  }

  /**
   * The last of a tenant's orders that wait, whose licenses are not made yet, as they came; none while some before them have
   * to be made first, since licenses are in the order in which they are made.
   */
  unprepared(tenantId: string): PendingIssue[] {
    const isUnmade = ({ prepared }: PendingIssue) => !prepared;
    if (this.inFlight.get(tenantId)?.some((tickets) => tickets.some(isUnmade))) return [];
    const queue = this.waiting.get(tenantId) ?? [];
    let from = queue.length;
    while (from > 0 && !queue[from - 1]?.prepared) from--;
    return queue.slice(from);
  }

  /** Their tenants may have the next group. */
  finish(group: IssueGroup): void {
    for (const [tenantId, tickets] of group) {
      const groups = this.inFlight.get(tenantId) ?? [];
      // Emptied for the reason that is given at `holders`.
      groups.splice(groups.indexOf(tickets), 1);
      if (groups.length === 0) this.inFlight.delete(tenantId);
    }
  }

  /** From now on the key is nobody's: who comes next looks into the database. */
  releaseKey({ claim }: PendingIssue): void {
    if (claim) this.followersByKey.delete(keyOf(claim));
  }

  /** Tenants that wait and have nothing on its way. */
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
      // Who still waits goes to the end of the line.
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

/** Orders by tenant, in the order in which they are given. */
export function byTenant(tickets: readonly PendingIssue[]): IssueGroup {
  const group = new Map<string, [PendingIssue, ...PendingIssue[]]>();
  for (const ticket of tickets) {
    const { tenantId } = ticket.command.actor;
    const ofTenant = group.get(tenantId);
    if (ofTenant) ofTenant.push(ticket);
    else group.set(tenantId, [ticket]);
  }
  return group;
}

export function halvesOf(group: IssueGroup): readonly [IssueGroup, IssueGroup] {
  const tickets = pendingIssuesOf(group);
  const middle = Math.ceil(tickets.length / 2);
  return [byTenant(tickets.slice(0, middle)), byTenant(tickets.slice(middle))];
}

/** Whether all its licenses are. */
export function isPrepared(group: IssueGroup): boolean {
  return pendingIssuesOf(group).every(({ prepared }) => prepared);
}

function keyOf({ tenantId, keyDigest }: IdempotencyClaim): string {
  return `${tenantId} ${keyDigest}`;
}
