import { CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { DatabaseBusyError } from '../../database/database.errors.js';
import { isLockTimeout } from '../../database/sql-errors.js';
import type { Outcome } from '../../shared/async/coalescer.js';
import { Metrics } from '../../shared/metrics.js';
import { claimOf } from '../../shared/persistence/idempotency-claim.js';
import { IdempotencyInProgressError } from '../../shared/persistence/idempotency.errors.js';
import { causeOf, coalesceWrites } from '../../shared/persistence/coalesce-writes.js';
import { RetryTransaction } from '../../database/with-retries.js';
import { UnitOfWork } from '../../shared/persistence/unit-of-work.js';
import { TrialAlreadyUsedError } from '../license.errors.js';
import type { IssuedLicense } from '../license.response.js';
import { IssuanceTermsCache, type IssuanceTerms } from './issuance-terms-cache.js';
import { IssueLicenseCommand } from './issue-license.command.js';
import { IssueReplay, type ClaimedIssue } from './issue-replay.js';
import { IssueRepository } from './issue.repository.js';
import type { IssueAllResult, NewLicense } from './new-license.js';
import { LicenseFactory, type PreparedIssue } from './license-factory.js';
import { PoolReservations } from './pool-reservations.js';
import { coalescePooledIssues, type FinalIssue } from './pooled-issues.js';

/** Attempts of a request whose terms change, or whose license key exists, at each of them. */
const MAX_ATTEMPTS = 5;

/** Request with its attempts so far. */
type PendingIssue = ClaimedIssue & { attempts: number };

/** Attempt to issue a license: `RETRY` until it is stored, replayed or refused. A refused request has nothing prepared. */
interface Attempt {
  readonly pending: PendingIssue;
  readonly prepared?: PreparedIssue;
  outcome: Outcome<IssuedLicense>;
}

/**
 * Issues licenses. Requests that arrive while others are in flight are stored by one statement, those of several tenants too, under tenant
 * isolation. A group that fails is issued again in parts, so that a bad request fails no other.
 */
@CommandHandler(IssueLicenseCommand)
export class IssueLicenseHandler implements ICommandHandler<IssueLicenseCommand> {
  private readonly groups = coalesceWrites<PendingIssue, IssuedLicense>({
    queueOf: ({ command }) => command.actor.tenantId,
    overlapsFullGroups: true,
    run: (group) => this.issueGroup(group),
  });
  private readonly pooledGroups = coalescePooledIssues((commands) =>
    this.unitOfWork.run(commands[0].actor, () => this.issueTogether(commands)),
  );

  constructor(
    private readonly unitOfWork: UnitOfWork,
    private readonly terms: IssuanceTermsCache,
    private readonly factory: LicenseFactory,
    private readonly issues: IssueRepository,
    private readonly replays: IssueReplay,
    private readonly pools: PoolReservations,
    private readonly metrics: Metrics,
  ) {}

  /** Issues in the caller's unit of work if one is open, so that its rollback undoes no other. */
  async execute(command: IssueLicenseCommand): Promise<IssuedLicense> {
    if (!this.unitOfWork.isOpen)
      return command.isPooled ? this.pooledGroups.add(command) : this.groups.add(pendingOf(command));
    const outcome = (await this.unitOfWork.run(command.actor, () => this.issueTogether([command])))[0]?.outcome;
    if (!outcome || 'error' in outcome) throw outcome?.error;
    return outcome.result;
  }

  /** Issues licenses in the open unit of work, by one statement. Returns them in order. */
  async issueTogether(commands: readonly IssueLicenseCommand[]): Promise<FinalIssue[]> {
    const outcomes = new Map<PendingIssue, Outcome<IssuedLicense>>(commands.map((each) => [pendingOf(each), 'RETRY']));
    await this.pools.reserve(outcomes.keys());
    const unfinished = () => [...outcomes].flatMap(([pending, outcome]) => (outcome === 'RETRY' ? pending : []));
    for (let rest = unfinished(); rest.length > 0; rest = unfinished()) {
      const attempted = await this.issueGroup(rest);
      rest.forEach((pending, at) => outcomes.set(pending, attempted[at] ?? 'RETRY'));
    }
    return [...outcomes].flatMap(([issue, outcome]) => (outcome === 'RETRY' ? [] : { issue, outcome }));
  }

  /** Stores the licenses of a group in one statement: those with current terms and a free idempotency key. */
  private async issueGroup(group: readonly PendingIssue[]): Promise<Outcome<IssuedLicense>[]> {
    this.metrics.issueGroupSize.observe(group.length);
    const terms = await this.terms.getAll(group);
    const attempts = group.map((pending) => this.attempt(pending, terms.get(pending.command.actor.tenantId)));
    // Only the first request with an idempotency key or a trial is sent, because a statement does not see the rows that it inserts itself.
    const issues = attempts.flatMap(({ prepared }) => prepared ?? []);
    const firsts = new Map(issues.toReversed().flatMap((issue) => issue.uniqueKeys.map((key) => [key, issue])));
    const isFirst = (issue: PreparedIssue) => issue.uniqueKeys.every((key) => firsts.get(key) === issue);
    const rows = issues.filter(isFirst).map(({ row }) => row);
    const { stored, usedTrials } = await this.store(rows, group);
    for (const attempt of attempts) {
      const { prepared } = attempt;
      if (!prepared) continue;
      const sameTrial = firsts.get(prepared.trialKey ?? '')?.row.license.licenseId ?? '';
      if (stored.has(prepared.row.license.licenseId)) attempt.outcome = { result: prepared.result };
      else if (stored.has(sameTrial) || usedTrials.has(sameTrial))
        attempt.outcome = { error: new TrialAlreadyUsedError() };
    }
    const rest = attempts.filter(({ outcome }) => outcome === 'RETRY' || 'error' in outcome);
    if (rest.length > 0) await this.resolveRest(rest);
    return attempts.map(({ outcome }) => outcome);
  }

  private attempt(pending: PendingIssue, terms: IssuanceTerms | undefined): Attempt {
    pending.attempts++;
    try {
      if (!terms) throw new Error('The terms of a tenant were not read.');
      return { pending, prepared: this.factory.create(pending, terms), outcome: 'RETRY' };
    } catch (error) {
      return { pending, outcome: { error } };
    }
  }

  private async store(rows: readonly NewLicense[], group: readonly PendingIssue[]): Promise<IssueAllResult> {
    try {
      return await this.issues.issueAll(rows);
    } catch (error) {
      const [only] = group;
      if (!only || group.length > 1) throw error;
      if (only.claim && isLockTimeout(causeOf(error))) throw new IdempotencyInProgressError(error);
      // The request is issued again with another license key. A unit of work is aborted by the error and runs again as a whole.
      if (error instanceof RetryTransaction && !this.unitOfWork.isOpen && only.attempts < MAX_ATTEMPTS)
        return { stored: new Set(), usedTrials: new Set() };
      throw error;
    }
  }

  /**
   * Replays the stored result where the idempotency key was used, even if the request was refused now. The rest has outdated terms, which
   * are read again for the next attempt.
   */
  private async resolveRest(rest: readonly Attempt[]): Promise<void> {
    const replayed = await this.replays.outcomesOf(rest.map(({ pending }) => pending));
    for (const attempt of rest) {
      const { command, attempts } = attempt.pending;
      attempt.outcome = replayed.get(attempt.pending) ?? attempt.outcome;
      if (attempt.outcome !== 'RETRY') continue;
      this.terms.invalidate(command.actor.tenantId, command.request);
      if (attempts >= MAX_ATTEMPTS)
        attempt.outcome = { error: new DatabaseBusyError(new Error('The terms change too often.')) };
    }
  }
}

function pendingOf(command: IssueLicenseCommand): PendingIssue {
  return { command, claim: claimOf(command), attempts: 0, isReplayed: false };
}
