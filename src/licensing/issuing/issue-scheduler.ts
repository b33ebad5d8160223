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

/** Connections in use at once. With more than one, a tenant that waits for a lock delays only the groups of its own connection. */
const MAX_CONNECTIONS = 2;
/** Tenants whose failed groups are retried singly at the same time; each takes one connection of the pool. */
const MAX_SINGLE_TENANTS = 4;
/** Groups in flight on one connection: while one commits, the database already has the next. */
const MAX_GROUPS_PER_CONNECTION = 2;

/**
 * Combines issue requests that arrive while others are in flight into one transaction, also those of several tenants, under tenant
 * isolation. A group that fails is retried in halves, so that a bad request fails no other.
 */
@Injectable()
export class IssueScheduler {
  private readonly queue = new IssueQueue();
  /** Groups in flight on each connection, in the order in which they were sent. */
  private readonly groupsByConnection = new Map<PipelinedConnection, IssueGroup[]>();

  constructor(
    private readonly unitOfWork: UnitOfWork,
    private readonly idempotency: Idempotency,
    private readonly writer: IssueGroupWriter,
    private readonly factory: LicenseFactory,
    private readonly metrics: Metrics,
  ) {}

  /** Issues in the caller's unit of work if one is open, because its rollback must not undo the requests of other callers. */
  issue(command: IssueLicenseCommand): Promise<IssuedLicense> {
    if (this.unitOfWork.isOpen || command.options.identity) return this.factory.issueSingly(command);
    const claim = this.idempotency.claimOf(command);
    return new Promise((resolve, reject) => {
      this.queue.add({ command, claim, followers: [], resolve, reject });
      this.writer.prepareAhead(this.queue.unprepared(command.actor.tenantId));
      this.dispatch();
    });
  }

  private dispatch(): void {
    while (this.groupsByConnection.size < MAX_CONNECTIONS) {
      const group = this.queue.nextGroup();
      if (group.size === 0) break;
      this.writer.prepareAhead(pendingIssuesOf(group).filter(({ prepared }) => !prepared));
      const connection = this.unitOfWork.openPipelinedConnection();
      this.groupsByConnection.set(connection, []);
      void this.runGroup(group, connection);
    }
    for (const [connection, groups] of this.groupsByConnection) {
      const last = groups.at(-1);
      if (!last || groups.length >= MAX_GROUPS_PER_CONNECTION) continue;
      const group = this.queue.nextPipelinedGroup(last);
      if (group.size > 0) void this.runGroup(group, connection);
    }
  }

  private finishGroup(group: IssueGroup, connection: PipelinedConnection): void {
    const groups = this.groupsByConnection.get(connection) ?? [];
    groups.splice(groups.indexOf(group), 1);
    if (groups.length === 0) this.groupsByConnection.delete(connection);
    this.queue.finish(group);
    this.dispatch();
  }

  /** Settles every issue request of the group; never throws. */
  private async runGroup(group: IssueGroup, connection: PipelinedConnection): Promise<void> {
    const pendingIssues = pendingIssuesOf(group);
    this.groupsByConnection.get(connection)?.push(group);
    this.metrics.issueGroupSize.observe(pendingIssues.length);
    const outcomes = await this.outcomesOf(group, connection);
    const retries = pendingIssues.filter((pending) => outcomes.get(pending) === 'RETRY_SINGLY');
    if (retries.length === 0) {
      this.finishGroup(group, connection);
      // The next group is sent before any request is settled, so that the database works meanwhile.
      if (this.groupsByConnection.size > 0) await nextTurn();
    }
    for (const [pending, outcome] of outcomes) if (outcome !== 'RETRY_SINGLY') this.settle(pending, outcome);
    await this.settleSingly(retries);
    if (retries.length > 0) this.finishGroup(group, connection);
    else this.dispatch();
  }

  /**
   * Retries a failed group in halves, so that one bad request costs a few statements, not one per request. After a lock timeout requests
   * run singly, because each half with the locked row would wait as long again.
   */
  private async outcomesOf(
    group: IssueGroup,
    connection: PipelinedConnection,
  ): Promise<ReadonlyMap<PendingIssue, IssueOutcome>> {
    try {
      return await this.writer.issue(group, connection);
    } catch (error) {
      const pendingIssues = pendingIssuesOf(group);
      const outcome = failsWholeGroup(error, pendingIssues.length) ? { error } : 'RETRY_SINGLY';
      if (outcome !== 'RETRY_SINGLY' || pendingIssues.length === 1 || isLockTimeout(causeOf(error)))
        return new Map(pendingIssues.map((pending) => [pending, outcome]));
      const [first, second] = halvesOf(group);
      return new Map([...(await this.outcomesOf(first, connection)), ...(await this.outcomesOf(second, connection))]);
    }
  }

  /**
   * Issues the requests of one tenant in their order, and those of up to MAX_SINGLE_TENANTS tenants at the same time, so that a locked row
   * of one tenant does not delay the others.
   */
  private async settleSingly(pendingIssues: readonly PendingIssue[]): Promise<void> {
    const queues = byTenant(pendingIssues).values();
    const work = async () => {
      for (const queue of queues) for (const pending of queue) this.settle(pending, await this.issueSingly(pending));
    };
    await Promise.all(Array.from({ length: MAX_SINGLE_TENANTS }, work));
  }

  private async issueSingly({ command }: PendingIssue): Promise<IssueResult> {
    try {
      return { result: await this.factory.issueSingly(command) };
    } catch (error) {
      return { error };
    }
  }

  /** Gives followers with the same idempotency key the same result. After an error the key is free, and the followers are queued. */
  private settle(pending: PendingIssue, outcome: IssueResult): void {
    const { command, claim, followers, resolve, reject } = pending;
    this.queue.releaseKey(pending);
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
 * Tells whether each request would fail singly, too, or may have been committed, in which case a retry could issue it twice. A lock
 * timeout concerns only the requests for the locked row.
 */
function failsWholeGroup(error: unknown, groupSize: number): boolean {
  if (!(error instanceof HttpException) || isLockTimeout(causeOf(error))) return false;
  return groupSize === 1 || error instanceof ServiceUnavailableException;
}

function causeOf(error: unknown): unknown {
  return error instanceof HttpException ? error.cause : error;
}
