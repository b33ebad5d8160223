import { HttpException, Injectable, ServiceUnavailableException } from '@nestjs/common';
import { DatabaseBusyError } from '../../database/database.errors.js';
import { isLockTimeout } from '../../database/sql-errors.js';
import { Coalescer, type Isolation, type Outcome } from '../../shared/async/coalescer.js';
import { Metrics } from '../../shared/metrics.js';
import { Idempotency, type IdempotencyClaim, type StoredResult } from '../../shared/persistence/idempotency.js';
import { IdempotencyInProgressError } from '../../shared/persistence/idempotency.errors.js';
import { RetryTransaction } from '../../shared/persistence/transaction.js';
import { UnitOfWork } from '../../shared/persistence/unit-of-work.js';
import { TrialAlreadyUsedError } from '../license.errors.js';
import { LicenseRepository, type IssueAllResult } from '../license.repository.js';
import type { IssuedLicense } from '../license.response.js';
import { groupBy } from '../../shared/group-by.js';
import { IssuanceTermsCache, type IssuanceTerms } from './issuance-terms-cache.js';
import type { IssueLicenseCommand } from './issue-license.command.js';
import type { IssueRow } from './issue-statement.js';
import { LicenseFactory, type PreparedIssue, type StoredIssueResult } from './license-factory.js';

/** Largest group. Further requests wait for the next one, so that none waits long for its transaction. */
const MAX_GROUP_SIZE = 100;
/** With more than a tenant may have, a tenant that waits for a lock does not delay all others. */
const MAX_GROUPS_IN_FLIGHT = 3;
/** Attempts of a request whose terms change, or whose license key exists, at each of them. */
const MAX_ATTEMPTS = 5;

/** Issue request with the claim of its idempotency key. */
interface PendingIssue {
  readonly command: IssueLicenseCommand;
  readonly claim: IdempotencyClaim | undefined;
  /** Attempts so far. */
  attempts: number;
}

/** Attempt to issue a license for a request. `RETRY` until the license is stored, replayed or refused. */
interface Attempt {
  readonly pending: PendingIssue;
  /** Undefined if the request was refused. */
  readonly prepared: PreparedIssue | undefined;
  outcome: Outcome<IssuedLicense>;
}

/**
 * Issues licenses. Requests that arrive while others are in flight are stored by one statement, those of several tenants too, under tenant
 * isolation. A group that fails is issued again in parts, so that a bad request fails no other.
 */
@Injectable()
export class LicenseIssuer {
  private readonly groups = new Coalescer<PendingIssue, IssuedLicense>({
    maxGroupSize: MAX_GROUP_SIZE,
    maxInFlight: MAX_GROUPS_IN_FLIGHT,
    queueOf: ({ command }) => command.actor.tenantId,
    overlapsFullGroups: true,
    run: (group) => this.issueGroup(group),
    isolationAfter,
  });

  constructor(
    private readonly unitOfWork: UnitOfWork,
    private readonly idempotency: Idempotency,
    private readonly terms: IssuanceTermsCache,
    private readonly factory: LicenseFactory,
    private readonly licenses: LicenseRepository,
    private readonly metrics: Metrics,
  ) {}

  /** Issues in the caller's unit of work if one is open, because its rollback must not undo the requests of other callers. */
  async issue(command: IssueLicenseCommand): Promise<IssuedLicense> {
    const pending = { command, claim: this.idempotency.claimOf(command), attempts: 0 };
    if (!this.unitOfWork.isOpen) return this.groups.add(pending);
    return this.unitOfWork.run(command.actor.tenantId, async () => {
      for (;;) {
        const [outcome = 'RETRY'] = await this.issueGroup([pending]);
        if (outcome === 'RETRY') continue;
        if ('error' in outcome) throw outcome.error;
        return outcome.result;
      }
    });
  }

  /** Stores the licenses of a group in one statement: those with current terms and a free idempotency key. */
  private async issueGroup(group: readonly PendingIssue[]): Promise<Outcome<IssuedLicense>[]> {
    this.metrics.issueGroupSize.observe(group.length);
    const terms = await this.terms.getAll(group);
    const attempts = group.map((pending) => this.attempt(pending, terms.get(pending.command.actor.tenantId)));
    // Only the first request with an idempotency key or a trial is sent, because a statement does not see the rows that it inserts itself.
    const issues = attempts.flatMap(({ prepared }) => prepared ?? []);
    const firsts = firstsByUniqueKey(issues);
    const isFirst = (issue: PreparedIssue) => uniqueKeys(issue).every((key) => firsts.get(key) === issue);
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
    await this.resolveRest(attempts.filter(({ outcome }) => outcome === 'RETRY' || 'error' in outcome));
    return attempts.map(({ outcome }) => outcome);
  }

  private attempt(pending: PendingIssue, terms: IssuanceTerms | undefined): Attempt {
    pending.attempts++;
    try {
      if (!terms) throw new Error('The terms of a tenant were not read.');
      return { pending, prepared: this.factory.create(terms, pending.command, pending.claim), outcome: 'RETRY' };
    } catch (error) {
      return { pending, prepared: undefined, outcome: { error } };
    }
  }

  private async store(rows: readonly IssueRow[], [only, ...others]: readonly PendingIssue[]): Promise<IssueAllResult> {
    try {
      return await this.licenses.issueAll(rows);
    } catch (error) {
      if (!only || others.length > 0) throw error;
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
    const claimed = groupBy(
      rest.filter(({ pending }) => pending.claim),
      ({ pending }) => pending.command.actor.tenantId,
    );
    await Promise.all([...claimed].map(([tenantId, attempts]) => this.replay(tenantId, attempts)));
    for (const attempt of rest) {
      const { command, attempts } = attempt.pending;
      if (attempt.outcome !== 'RETRY') continue;
      this.terms.invalidate(command.actor.tenantId, command.request);
      if (attempts >= MAX_ATTEMPTS)
        attempt.outcome = { error: new DatabaseBusyError(new Error('The terms change too often.')) };
    }
  }

  /** Replays stored results. A failed read fails only these requests, because the others of the group are issued already. */
  private async replay(tenantId: string, attempts: readonly Attempt[]): Promise<void> {
    const claims = attempts.flatMap(({ pending }) => pending.claim ?? []);
    const stored = await this.unitOfWork
      .read(tenantId, (transaction) => this.idempotency.readStored(transaction, claims))
      .catch((error: unknown) => ({ error }));
    const resolve = async (attempt: Attempt) => {
      const { command, claim } = attempt.pending;
      if ('error' in stored) attempt.outcome = stored;
      else attempt.outcome = (await this.replayOf(command, claim && stored.get(claim.keyDigest))) ?? attempt.outcome;
    };
    await Promise.all(attempts.map(resolve));
  }

  private async replayOf(
    command: IssueLicenseCommand,
    earlier: (() => StoredResult) | undefined,
  ): Promise<Outcome<IssuedLicense> | undefined> {
    if (!earlier) return undefined;
    try {
      const stored = earlier().result as StoredIssueResult;
      const result = await this.factory.restoreResult(command.actor.tenantId, stored);
      command.options.onReplay?.();
      return { result };
    } catch (error) {
      return { error };
    }
  }
}

function firstsByUniqueKey(issues: readonly PreparedIssue[]): ReadonlyMap<string, PreparedIssue> {
  const firsts = new Map<string, PreparedIssue>();
  for (const issue of issues) for (const key of uniqueKeys(issue)) if (!firsts.has(key)) firsts.set(key, issue);
  return firsts;
}

function uniqueKeys({ claimKey, trialKey }: PreparedIssue): string[] {
  return [claimKey, trialKey].filter((key) => key !== undefined);
}

/**
 * A lock timeout concerns only the requests for the locked row, and each part with them would wait as long again. Where the database is to
 * blame, each request would fail alone, too, or may have been committed, so that it could be issued twice.
 */
function isolationAfter(error: unknown): Isolation {
  if (isLockTimeout(causeOf(error))) return 'SINGLY';
  return error instanceof ServiceUnavailableException ? 'NOT' : 'HALVES';
}

function causeOf(error: unknown): unknown {
  return error instanceof HttpException ? error.cause : error;
}
