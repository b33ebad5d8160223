import type { Claim } from '../shared/events/idempotency.js';
import type { IssueLicenseCommand } from './commands/issue-license.command.js';
import type { Made } from './group-issuer.js';
import type { IssuedLicense } from './license.dto.js';

/** What keeps latency in check: more orders than this wait for the next group. */
export const MAX_GROUP = 200;

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

/**
 * Orders that wait, by tenant. A tenant has one group on its way at a time, so its orders are done as they came; and every
 * tenant that waits gets an equal share of the next group, so a huge one cannot keep a small one waiting.
 */
export class IssueQueue {
  private readonly waiting = new Map<string, Ticket[]>();
  private readonly flying = new Map<string, Ticket[]>();
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

  /** The next orders, oldest first of each tenant; empty when nobody waits whose orders may go. */
  nextGroup(): Ticket[] {
    const ready = [...this.waiting].filter(([tenantId]) => !this.flying.has(tenantId)).slice(0, MAX_GROUP);
    const share = Math.floor(MAX_GROUP / Math.max(1, ready.length));
    return ready.flatMap(([tenantId, queue]) => {
      const taken = queue.splice(0, share);
      // Who still waits goes to the end of the line.
      this.waiting.delete(tenantId);
      if (queue.length > 0) this.waiting.set(tenantId, queue);
      this.flying.set(tenantId, taken);
      return taken;
    });
  }

  /**
   * The last of a tenant's orders that wait, whose licenses are not made yet, as they came; none while some before them have
   * to be made first, since licenses are in the order in which they are made.
   */
  unmade(tenantId: string): Ticket[] {
    if (this.flying.get(tenantId)?.some(({ made }) => !made)) return [];
    const queue = this.waiting.get(tenantId) ?? [];
    let from = queue.length;
    while (from > 0 && !queue[from - 1]?.made) from--;
    return queue.slice(from);
  }

  /** Their tenants may have the next group. */
  done(group: readonly Ticket[]): void {
    for (const { command } of group) {
      const { tenantId } = command.actor;
      // Emptied for the reason that is given at `holders`.
      this.flying.get(tenantId)?.splice(0);
      this.flying.delete(tenantId);
    }
  }

  /** From now on the key is nobody's: who comes next looks into the database. */
  release({ claim }: Ticket): void {
    if (claim) this.holders.delete(keyOf(claim));
  }
}

function keyOf({ tenantId, keyDigest }: Claim): string {
  return `${tenantId} ${keyDigest}`;
}
