import { setImmediate as nextTurn } from 'node:timers/promises';
import { HttpException, Injectable, ServiceUnavailableException } from '@nestjs/common';
import { isLockTimeout } from '../../database/sql-errors.js';
import { Idempotency } from '../../shared/persistence/idempotency.js';
import { IdempotencyKeyReusedError } from '../../shared/persistence/idempotency.errors.js';
import type { PipelinedConnection } from '../../shared/persistence/pipelined-connection.js';
import { UnitOfWork } from '../../shared/persistence/unit-of-work.js';
import { Metrics } from '../../shared/metrics.js';
import type { IssueLicenseCommand } from './issue-license.command.js';
import { IssueGroupWriter, type IssueResult, type IssueOutcome } from './issue-group-writer.js';
import { byTenant, halvesOf, IssueQueue, pendingIssuesOf } from './issue-queue.js';
import { LicenseFactory } from './license-factory.js';
import type { IssueGroup, PendingIssue } from './pending-issue.js';
import type { IssuedLicense } from '../license.response.js';

/** At once: while one tenant waits for a lock, others go in another lane. */
const MAX_CONNECTIONS = 2;
/** Tenants whose orders are done singly at once, after their group failed: each has a connection of the pool. */
const MAX_ALONE = 4;
/** Groups on their way in a lane: while one commits, the next is there already. */
const MAX_GROUPS_PER_CONNECTION = 2;

/**
 * Orders that arrive while others are on their way share the next transaction, those of several tenants too, each behind
 * its own wall. Each gets its own answer and its own error. A group that fails as a whole goes again in halves, so that what is
 * wrong with one harms no other. Nobody waits for a group to fill.
 */
@Injectable()
export class IssueScheduler {
  private readonly queue = new IssueQueue();
  /** What is on its way in each, as it was sent. */
  private readonly groupsByConnection = new Map<PipelinedConnection, IssueGroup[]>();

  constructor(
    private readonly unitOfWork: UnitOfWork,
    private readonly idempotency: Idempotency,
    private readonly groups: IssueGroupWriter,
    private readonly issuer: LicenseFactory,
    private readonly metrics: Metrics,
  ) {}

  /** In the caller's unit of work, if it is in one: orders of others must not share what may be rolled back. */
  issue(command: IssueLicenseCommand): Promise<IssuedLicense> {
    if (this.unitOfWork.isOpen || command.options.identity) return this.issuer.issueSingly(command);
    const claim = this.idempotency.claimOf(command);
    return new Promise((resolve, reject) => {
      this.queue.add({ command, claim, followers: [], resolve, reject });
      this.groups.prepareAhead(this.queue.unprepared(command.actor.tenantId));
      this.dispatch();
    });
  }

  private dispatch(): void {
    while (this.groupsByConnection.size < MAX_CONNECTIONS) {
      const group = this.queue.nextGroup();
      if (group.size === 0) break;
      this.groups.prepareAhead(pendingIssuesOf(group).filter(({ prepared }) => !prepared));
      const lane = this.unitOfWork.openPipelinedConnection();
      this.groupsByConnection.set(lane, []);
      void this.runGroup(group, lane);
    }
    for (const [lane, groups] of this.groupsByConnection) {
      const last = groups.at(-1);
      if (!last || groups.length >= MAX_GROUPS_PER_CONNECTION) continue;
      const group = this.queue.nextPipelinedGroup(last);
      if (group.size > 0) void this.runGroup(group, lane);
    }
  }

  private finishGroup(group: IssueGroup, lane: PipelinedConnection): void {
    const groups = this.groupsByConnection.get(lane) ?? [];
    groups.splice(groups.indexOf(group), 1);
    if (groups.length === 0) this.groupsByConnection.delete(lane);
    this.queue.finish(group);
    this.dispatch();
  }

  /** Every ticket is answered; it never throws. */
  private async runGroup(group: IssueGroup, lane: PipelinedConnection): Promise<void> {
    const tickets = pendingIssuesOf(group);
    this.groupsByConnection.get(lane)?.push(group);
    this.metrics.issueGroupSize.observe(tickets.length);
    const outcomes = await this.outcomesOf(group, lane);
    const issueSingly = tickets.filter((ticket) => outcomes.get(ticket) === 'alone');
    if (issueSingly.length === 0) {
      this.finishGroup(group, lane);
      // Before anybody is answered the next group is sent, so that the database works meanwhile.
      if (this.groupsByConnection.size > 0) await nextTurn();
    }
    for (const [ticket, outcome] of outcomes) if (outcome !== 'alone') this.settle(ticket, outcome);
    await this.answerAlone(issueSingly);
    if (issueSingly.length > 0) this.finishGroup(group, lane);
    else this.dispatch();
  }

  /**
   * A failed group is tried again in halves, so that one bad order costs a few statements and not one for each order. After a lock
   * timeout its orders are done singly, because each half with the locked row would wait for as long again.
   */
  private async outcomesOf(
    group: IssueGroup,
    lane: PipelinedConnection,
  ): Promise<ReadonlyMap<PendingIssue, IssueOutcome>> {
    try {
      return await this.groups.issue(group, lane);
    } catch (error) {
      const tickets = pendingIssuesOf(group);
      const outcome = failsWholeGroup(error, tickets.length) ? { error } : 'alone';
      if (outcome !== 'alone' || tickets.length === 1 || isLockTimeout(causeOf(error)))
        return new Map(tickets.map((ticket) => [ticket, outcome]));
      const [first, second] = halvesOf(group);
      return new Map([...(await this.outcomesOf(first, lane)), ...(await this.outcomesOf(second, lane))]);
    }
  }

  /** Orders of one tenant follow one another, as they came; a tenant that waits for a lock does not hold up the others. */
  private async answerAlone(tickets: readonly PendingIssue[]): Promise<void> {
    const queues = byTenant(tickets).values();
    const work = async () => {
      for (const queue of queues) for (const ticket of queue) this.settle(ticket, await this.issueSingly(ticket));
    };
    await Promise.all(Array.from({ length: MAX_ALONE }, work));
  }

  private async issueSingly({ command }: PendingIssue): Promise<IssueResult> {
    try {
      return { result: await this.issuer.issueSingly(command) };
    } catch (error) {
      return { error };
    }
  }

  /** Who sent the same key meanwhile gets the same result; after a refusal the key is free, and they are next. */
  private settle(ticket: PendingIssue, outcome: IssueResult): void {
    const { command, claim, followers, resolve, reject } = ticket;
    this.queue.releaseKey(ticket);
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
function failsWholeGroup(error: unknown, orders: number): boolean {
  if (!(error instanceof HttpException) || isLockTimeout(causeOf(error))) return false;
  return orders === 1 || error instanceof ServiceUnavailableException;
}

function causeOf(error: unknown): unknown {
  return error instanceof HttpException ? error.cause : error;
}
