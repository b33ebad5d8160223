import { setImmediate as nextTurn } from 'node:timers/promises';
import { HttpException, Injectable, ServiceUnavailableException } from '@nestjs/common';
import { isLockTimeout } from '../database/sql-errors.js';
import { Idempotency } from '../shared/events/idempotency.js';
import { IdempotencyKeyReusedError } from '../shared/events/idempotency.errors.js';
import { UnitOfWork } from '../shared/events/unit-of-work.js';
import { Metrics } from '../shared/metrics/metrics.js';
import type { IssueLicenseCommand } from './commands/issue-license.command.js';
import { GroupIssuer, type Answer, type Outcome } from './group-issuer.js';
import { IssueQueue, type Ticket } from './issue-queue.js';
import type { IssuedLicense } from './license.dto.js';
import { LicenseIssuer } from './license-issuer.js';

/** Groups that may be on their way to the database at once: while one commits, the next is made. */
const MAX_FLIGHTS = 2;

/**
 * Orders that arrive while others are on their way share the next transaction, those of several tenants too, each behind
 * its own wall. Each gets its own answer and its own error. A group that fails as a whole is taken apart and its orders are
 * done one by one, so that what is wrong with one harms no other. Nobody waits for a group to fill.
 */
@Injectable()
export class IssueGroups {
  private readonly queue = new IssueQueue();
  private flights = 0;

  constructor(
    private readonly unitOfWork: UnitOfWork,
    private readonly idempotency: Idempotency,
    private readonly groups: GroupIssuer,
    private readonly issuer: LicenseIssuer,
    private readonly metrics: Metrics,
  ) {}

  issue(command: IssueLicenseCommand): Promise<IssuedLicense> {
    const claim = this.idempotency.claimOf(command, command.constructor.name);
    return new Promise((resolve, reject) => {
      this.queue.add({ command, claim, followers: [], resolve, reject });
      this.groups.makeAhead(this.queue.unmade(command.actor.tenantId));
      this.takeOff();
    });
  }

  private takeOff(): void {
    while (this.flights < MAX_FLIGHTS) {
      const group = this.queue.nextGroup();
      if (group.length === 0) return;
      this.groups.makeAhead(group.filter(({ made }) => !made));
      this.flights++;
      this.metrics.issueGroupSize.observe(group.length);
      void this.fly(group);
    }
  }

  private land(group: readonly Ticket[]): void {
    this.flights--;
    this.queue.done(group);
    this.takeOff();
  }

  /** Every ticket is answered; it never throws. */
  private async fly(group: readonly Ticket[]): Promise<void> {
    let outcomes: ReadonlyMap<Ticket, Outcome>;
    try {
      outcomes = await this.groups.issue(byTenant(group));
    } catch (error) {
      const final = isFinal(error, group.length);
      outcomes = new Map(group.map((ticket) => [ticket, final ? { error } : 'alone']));
    }
    const alone = group.filter((ticket) => outcomes.get(ticket) === 'alone');
    if (alone.length === 0) {
      this.land(group);
      // Before anybody is answered the next group is sent, so that the database works meanwhile.
      if (this.flights > 0) await nextTurn();
    }
    for (const [ticket, outcome] of outcomes) if (outcome !== 'alone') this.answer(ticket, outcome);
    for (const ticket of alone) this.answer(ticket, await this.alone(ticket));
    if (alone.length > 0) this.land(group);
    else this.takeOff();
  }

  private async alone({ command }: Ticket): Promise<Answer> {
    try {
      const result = await this.unitOfWork.perform(command, (transaction) =>
        this.issuer.issue(transaction, command.actor, command.order),
      );
      return { result };
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
  if (!(error instanceof HttpException) || isLockTimeout(error.cause)) return false;
  return orders === 1 || error instanceof ServiceUnavailableException;
}

function byTenant(tickets: readonly Ticket[]): Map<string, [Ticket, ...Ticket[]]> {
  const groups = new Map<string, [Ticket, ...Ticket[]]>();
  for (const ticket of tickets) {
    const { tenantId } = ticket.command.actor;
    const group = groups.get(tenantId);
    if (group) group.push(ticket);
    else groups.set(tenantId, [ticket]);
  }
  return groups;
}
