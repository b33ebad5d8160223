import { setImmediate as nextTurn } from 'node:timers/promises';
import { HttpException, Injectable, ServiceUnavailableException } from '@nestjs/common';
import { isLockTimeout } from '../database/sql-errors.js';
import { Idempotency } from '../shared/events/idempotency.js';
import { IdempotencyKeyReusedError } from '../shared/events/idempotency.errors.js';
import type { Lane } from '../shared/events/lane.js';
import { UnitOfWork } from '../shared/events/unit-of-work.js';
import { Metrics } from '../shared/metrics/metrics.js';
import type { IssueLicenseCommand } from './commands/issue-license.command.js';
import { GroupIssuer, type Answer, type Outcome } from './group-issuer.js';
import { byTenant, halvesOf, IssueQueue, ticketsOf, type Group, type Ticket } from './issue-queue.js';
import type { IssuedLicense } from './license.dto.js';
import { LicenseIssuer } from './license-issuer.js';

/** At once: while one tenant waits for a lock, others go in another lane. */
const MAX_LANES = 2;
/** Tenants whose orders are done singly at once, after their group failed: each has a connection of the pool. */
const MAX_ALONE = 4;
/** Groups on their way in a lane: while one commits, the next is there already. */
const MAX_IN_LANE = 2;

/**
 * Orders that arrive while others are on their way share the next transaction, those of several tenants too, each behind
 * its own wall. Each gets its own answer and its own error. A group that fails as a whole goes again in halves, so that what is
 * wrong with one harms no other. Nobody waits for a group to fill.
 */
@Injectable()
export class IssueGroups {
  private readonly queue = new IssueQueue();
  /** What is on its way in each, as it was sent. */
  private readonly lanes = new Map<Lane, Group[]>();

  constructor(
    private readonly unitOfWork: UnitOfWork,
    private readonly idempotency: Idempotency,
    private readonly groups: GroupIssuer,
    private readonly issuer: LicenseIssuer,
    private readonly metrics: Metrics,
  ) {}

  /** In the caller's unit of work, if it is in one: orders of others must not share what may be rolled back. */
  issue(command: IssueLicenseCommand): Promise<IssuedLicense> {
    if (this.unitOfWork.isOpen || command.options.identity) return this.issuer.perform(command);
    const claim = this.idempotency.claimOf(command);
    return new Promise((resolve, reject) => {
      this.queue.add({ command, claim, followers: [], resolve, reject });
      this.groups.makeAhead(this.queue.unmade(command.actor.tenantId));
      this.takeOff();
    });
  }

  private takeOff(): void {
    while (this.lanes.size < MAX_LANES) {
      const group = this.queue.nextGroup();
      if (group.size === 0) break;
      this.groups.makeAhead(ticketsOf(group).filter(({ made }) => !made));
      const lane = this.unitOfWork.lane();
      this.lanes.set(lane, []);
      void this.fly(group, lane);
    }
    for (const [lane, groups] of this.lanes) {
      const last = groups.at(-1);
      if (!last || groups.length >= MAX_IN_LANE) continue;
      const group = this.queue.nextBehind(last);
      if (group.size > 0) void this.fly(group, lane);
    }
  }

  private land(group: Group, lane: Lane): void {
    const groups = this.lanes.get(lane) ?? [];
    groups.splice(groups.indexOf(group), 1);
    if (groups.length === 0) this.lanes.delete(lane);
    this.queue.done(group);
    this.takeOff();
  }

  /** Every ticket is answered; it never throws. */
  private async fly(group: Group, lane: Lane): Promise<void> {
    const tickets = ticketsOf(group);
    this.lanes.get(lane)?.push(group);
    this.metrics.issueGroupSize.observe(tickets.length);
    const outcomes = await this.outcomesOf(group, lane);
    const alone = tickets.filter((ticket) => outcomes.get(ticket) === 'alone');
    if (alone.length === 0) {
      this.land(group, lane);
      // Before anybody is answered the next group is sent, so that the database works meanwhile.
      if (this.lanes.size > 0) await nextTurn();
    }
    for (const [ticket, outcome] of outcomes) if (outcome !== 'alone') this.answer(ticket, outcome);
    await this.answerAlone(alone);
    if (alone.length > 0) this.land(group, lane);
    else this.takeOff();
  }

  /**
   * A failed group is tried again in halves, so that one bad order costs a few statements and not one for each order. After a lock
   * timeout its orders are done singly, because each half with the locked row would wait for as long again.
   */
  private async outcomesOf(group: Group, lane: Lane): Promise<ReadonlyMap<Ticket, Outcome>> {
    try {
      return await this.groups.issue(group, lane);
    } catch (error) {
      const tickets = ticketsOf(group);
      const outcome = isFinal(error, tickets.length) ? { error } : 'alone';
      if (outcome !== 'alone' || tickets.length === 1 || isLockTimeout(causeOf(error)))
        return new Map(tickets.map((ticket) => [ticket, outcome]));
      const [first, second] = halvesOf(group);
      return new Map([...(await this.outcomesOf(first, lane)), ...(await this.outcomesOf(second, lane))]);
    }
  }

  /** Orders of one tenant follow one another, as they came; a tenant that waits for a lock does not hold up the others. */
  private async answerAlone(tickets: readonly Ticket[]): Promise<void> {
    const queues = byTenant(tickets).values();
    const work = async () => {
      for (const queue of queues) for (const ticket of queue) this.answer(ticket, await this.alone(ticket));
    };
    await Promise.all(Array.from({ length: MAX_ALONE }, work));
  }

  private async alone({ command }: Ticket): Promise<Answer> {
    try {
      return { result: await this.issuer.perform(command) };
    } catch (error) {
      return { error };
    }
  }

  /** Who sent the same key meanwhile gets the same result; after a refusal the key is free, and they are next. */
  private answer(ticket: Ticket, outcome: Answer): void {
    const { command, claim, followers, resolve, reject } = ticket;
    this.queue.release(ticket);
    if ('error' in outcome) {
      reject(outcome.error);
      for (const follower of followers) this.queue.add(follower);
      return;
    }
    if (outcome.replayed) command.options.onReplay?.();
    resolve(outcome.result);
    for (const follower of followers) {
      if (follower.claim?.requestDigest === claim?.requestDigest) {
        follower.command.options.onReplay?.();
        follower.resolve(outcome.result);
      } else follower.reject(new IdempotencyKeyReusedError());
    }
  }
}

/**
 * What the database is to blame for would fail for each alone too, but for waiting for somebody else's lock; and what may
 * have been done must not be done again.
 */
function isFinal(error: unknown, orders: number): boolean {
  if (!(error instanceof HttpException) || isLockTimeout(causeOf(error))) return false;
  return orders === 1 || error instanceof ServiceUnavailableException;
}

function causeOf(error: unknown): unknown {
  return error instanceof HttpException ? error.cause : error;
}
