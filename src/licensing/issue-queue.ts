import type { Claim } from '../shared/events/idempotency.js';
import type { IssueLicenseCommand } from './commands/issue-license.command.js';
import type { Made } from './group-issuer.js';
import type { IssuedLicense } from './license.dto.js';

/** What keeps latency in check: more orders than this wait for the next group. */
export const MAX_GROUP = 100;

/** An order and who waits for it. */
export interface Ticket {
  readonly command: IssueLicenseCommand;
  readonly claim: Claim | undefined;
  /** Orders with the same idempotency key that came while this one waited or was on its way. */
  readonly followers: Ticket[];
  /** Its license, where there was time to make it before its group. */
  made?: Made | undefined;
  readonly resolve: (issued: IssuedLicense) => void;
  readonly reject: (error: unknown) => void;
}

type Tickets = readonly [Ticket, ...Ticket[]];

/** Orders by tenant, of each as they came. */
export type Group = ReadonlyMap<string, Tickets>;

/**
 * Orders that wait, by tenant. A group of a tenant goes when none is on its way, or behind the last one in its lane, so that its
 * orders are done as they came; and every tenant that waits gets an equal share of the next group, so a huge one cannot keep a
 * small one waiting.
 */
export class IssueQueue {
  private readonly waiting = new Map<string, Ticket[]>();
  /** The groups of a tenant that are on their way. */
  private readonly flying = new Map<string, Tickets[]>();
  /**
   * By digest of the idempotency key: the followers of the order that holds it, waiting or on its way. Not the order itself: V8 may
   * keep what a map has held for long after its entry is gone, and with an order its whole request.
   */
  private readonly holders = new Map<string, Ticket[]>();

  add(ticket: Ticket): void {
    const { claim } = ticket;
    if (claim) {
      const key = keyOf(claim);
      const followers = this.holders.get(key);
      if (followers) {
        followers.push(ticket);
        return;
      }
      this.holders.set(key, ticket.followers);
    }
    const { tenantId } = ticket.command.actor;
    const queue = this.waiting.get(tenantId);
    if (queue) queue.push(ticket);
    else this.waiting.set(tenantId, [ticket]);
  }

  /** The next orders of tenants that have none on their way, oldest first of each tenant; empty when there are none. */
  nextGroup(): Group {
    return this.take(this.free());
  }

  /**
   * A full group to go behind this one: of its tenants, so that nobody waits for somebody else, and with the licenses of both made, so
   * that both are sent at once. Smaller ones would only be more of them. None while others wait that may go by themselves: the lane has
   * to end for them to have their share.
   */
  nextBehind(group: Group): Group {
    const queues = [...group.keys()].map((tenantId) => this.waiting.get(tenantId) ?? []);
    const isFull = queues.reduce((sum, { length }) => sum + length, 0) >= MAX_GROUP;
    const isReady = isFull && isMade(group) && queues.flat().every(({ made }) => made);
    if (!isReady || this.free().length > 0) return new Map();
    return this.take([...group.keys()].filter((tenantId) => this.waiting.has(tenantId)));
  }

  /**
   * The last of a tenant's orders that wait, whose licenses are not made yet, as they came; none while some before them have
   * to be made first, since licenses are in the order in which they are made.
   */
  unmade(tenantId: string): Ticket[] {
    const isUnmade = ({ made }: Ticket) => !made;
    if (this.flying.get(tenantId)?.some((tickets) => tickets.some(isUnmade))) return [];
    const queue = this.waiting.get(tenantId) ?? [];
    let from = queue.length;
    while (from > 0 && !queue[from - 1]?.made) from--;
    return queue.slice(from);
  }

  /** Their tenants may have the next group. */
  done(group: Group): void {
    for (const [tenantId, tickets] of group) {
      const groups = this.flying.get(tenantId) ?? [];
      // Emptied for the reason that is given at `holders`.
      groups.splice(groups.indexOf(tickets), 1);
      if (groups.length === 0) this.flying.delete(tenantId);
    }
  }

  /** From now on the key is nobody's: who comes next looks into the database. */
  release({ claim }: Ticket): void {
    if (claim) this.holders.delete(keyOf(claim));
  }

  /** Tenants that wait and have nothing on its way. */
  private free(): string[] {
    return [...this.waiting.keys()].filter((tenantId) => !this.flying.has(tenantId));
  }

  private take(tenantIds: readonly string[]): Group {
    const served = tenantIds.slice(0, MAX_GROUP);
    const share = Math.floor(MAX_GROUP / Math.max(1, served.length));
    const group = new Map<string, Tickets>();
    for (const tenantId of served) {
      const queue = this.waiting.get(tenantId) ?? [];
      const [first, ...others] = queue.splice(0, share);
      if (!first) continue;
      const taken = [first, ...others] as const;
      // Who still waits goes to the end of the line.
      this.waiting.delete(tenantId);
      if (queue.length > 0) this.waiting.set(tenantId, queue);
      group.set(tenantId, taken);
      const flying = this.flying.get(tenantId);
      if (flying) flying.push(taken);
      else this.flying.set(tenantId, [taken]);
    }
    return group;
  }
}

export function ticketsOf(group: Group): Ticket[] {
  return [...group.values()].flat();
}

/** Orders by tenant, in the order in which they are given. */
export function byTenant(tickets: readonly Ticket[]): Group {
  const group = new Map<string, [Ticket, ...Ticket[]]>();
  for (const ticket of tickets) {
    const { tenantId } = ticket.command.actor;
    const ofTenant = group.get(tenantId);
    if (ofTenant) ofTenant.push(ticket);
    else group.set(tenantId, [ticket]);
  }
  return group;
}

export function halvesOf(group: Group): readonly [Group, Group] {
  const tickets = ticketsOf(group);
  const middle = Math.ceil(tickets.length / 2);
  return [byTenant(tickets.slice(0, middle)), byTenant(tickets.slice(middle))];
}

/** Whether all its licenses are. */
export function isMade(group: Group): boolean {
  return ticketsOf(group).every(({ made }) => made);
}

function keyOf({ tenantId, keyDigest }: Claim): string {
  return `${tenantId} ${keyDigest}`;
}
