import { Injectable } from '@nestjs/common';
import { Idempotency, type IdempotencyClaim, type StoredResult } from '../../shared/persistence/idempotency.js';
import type { PipelinedConnection } from '../../shared/persistence/pipelined-connection.js';
import { operationOf } from '../../shared/messaging/tenant-command.js';
import { UnitOfWork } from '../../shared/persistence/unit-of-work.js';
import { LicenseCreatedEvent } from '../events/license-created.event.js';
import { isPrepared, pendingIssuesOf } from './issue-queue.js';
import { IssuanceTermsCache, type IssuanceTerms } from './issuance-terms-cache.js';
import { LicenseFactory, type StoredIssueResult, type KeyedLicenseDraft } from './license-factory.js';
import { issueRow, type IssueRow } from './issue-statement.js';
import { TrialAlreadyUsedError } from '../license.errors.js';
import { LicenseRepository, type IssueAllResult } from '../license.repository.js';
import type { IssueGroup, PendingIssue, PreparedIssue } from './pending-issue.js';
import { type IssuedLicense, toIssuedLicense } from '../license.response.js';

export type IssueResult = { readonly result: IssuedLicense; readonly replayed?: boolean } | { readonly error: unknown };

/** Outcome of one request of a group. `RETRY_SINGLY`: the request has to be retried singly. */
export type IssueOutcome = IssueResult | 'RETRY_SINGLY';

const NONE_ISSUED: IssueAllResult = { stored: new Set(), usedTrials: new Set() };

/** Issues a group of requests in one statement: each license is stored if its terms are current and its idempotency key is free. */
@Injectable()
export class IssueGroupWriter {
  constructor(
    private readonly unitOfWork: UnitOfWork,
    private readonly idempotency: Idempotency,
    private readonly terms: IssuanceTermsCache,
    private readonly factory: LicenseFactory,
    private readonly licenses: LicenseRepository,
  ) {}

  /** Sends a prepared group without reading first, so that the connection can pipeline it behind the groups sent before. */
  async issue(group: IssueGroup, connection: PipelinedConnection): Promise<Map<PendingIssue, IssueOutcome>> {
    const outcomes = new Map<PendingIssue, IssueOutcome>();
    if (!isPrepared(group)) await this.prepareRest(group, outcomes);
    const prepared = pendingIssuesOf(group).flatMap((pending) => pending.prepared ?? []);
    const first = firstWithSameTrial(prepared);
    const rows = prepared.flatMap((issue) => (first(issue) === issue ? [issue.row] : []));
    const { stored, usedTrials } = rows.length > 0 ? await this.licenses.issueAll(rows, connection) : NONE_ISSUED;
    for (const issue of prepared) {
      const { licenseId } = first(issue).row.license;
      const isUsed = usedTrials.has(licenseId) || (first(issue) !== issue && stored.has(licenseId));
      if (isUsed) outcomes.set(issue.pending, { error: new TrialAlreadyUsedError() });
      else if (stored.has(licenseId)) outcomes.set(issue.pending, { result: issue.result });
    }
    await Promise.all(
      [...group].map(([tenantId, pendingIssues]) => this.resolveRest(tenantId, pendingIssues, outcomes)),
    );
    return outcomes;
  }

  /** Creates the licenses whose terms were not cached, and adds a refused request to the outcomes. */
  private async prepareRest(group: IssueGroup, outcomes: Map<PendingIssue, IssueOutcome>): Promise<void> {
    const terms = await this.terms.getAll(
      [...group.values()].map((pendingIssues) => ({
        actor: pendingIssues[0].command.actor,
        requests: pendingIssues.map(({ command }) => command.request),
      })),
    );
    for (const pending of pendingIssuesOf(group)) {
      pending.prepared ??= this.prepare(pending, terms.get(pending.command.actor.tenantId), outcomes);
    }
  }

  /** Returns the row of a license. The claim stores the result without the license key; see LicenseFactory.restoreResult. */
  private toRow({ command, claim }: PendingIssue, issue: KeyedLicenseDraft, result: IssuedLicense): IssueRow {
    const { license, keyDigest, customerVersion } = issue;
    const claimRow = claim && this.idempotency.toClaimRow({ claim, result: { ...result, license_key: undefined } });
    const insert = { license, keyDigest, customerVersion, claim: claimRow };
    const event = new LicenseCreatedEvent(command.actor, license, command.request.reason);
    event.metadata.operation = operationOf(command);
    return issueRow(insert, event);
  }

  /**
   * Replays the stored result where the idempotency key was used, even if the request was refused now. The rest has outdated terms, is
   * removed from the cache and retried singly.
   */
  private async resolveRest(
    tenantId: string,
    pendingIssues: readonly PendingIssue[],
    outcomes: Map<PendingIssue, IssueOutcome>,
  ): Promise<void> {
    const rest = pendingIssues.filter((pending) => !isIssued(outcomes.get(pending)));
    const claims = rest.flatMap(({ claim }) => claim ?? []);
    // A failed read fails only these requests, because the others are issued already.
    const earlier = await this.readEarlier(tenantId, claims).catch((error: unknown) => ({ error }));
    const replays: Promise<void>[] = [];
    for (const pending of rest) {
      const stored = pending.claim && !('error' in earlier) && earlier.get(pending.claim.keyDigest);
      if (stored) replays.push(this.replay(tenantId, stored).then((outcome) => void outcomes.set(pending, outcome)));
      else if (pending.claim && 'error' in earlier) outcomes.set(pending, earlier);
      else if (!outcomes.has(pending)) {
        this.terms.invalidate(tenantId, pending.command.request);
        outcomes.set(pending, 'RETRY_SINGLY');
      }
    }
    await Promise.all(replays);
  }

  private async replay(tenantId: string, earlier: () => StoredResult): Promise<IssueResult> {
    try {
      return {
        result: await this.factory.restoreResult(tenantId, earlier().result as StoredIssueResult),
        replayed: true,
      };
    } catch (error) {
      return { error };
    }
  }

  private readEarlier(
    tenantId: string,
    claims: readonly IdempotencyClaim[],
  ): Promise<ReadonlyMap<string, () => StoredResult>> {
    if (claims.length === 0) return Promise.resolve(new Map());
    return this.unitOfWork.read(tenantId, (transaction) => this.idempotency.readStored(transaction, claims));
  }

  /** Creates the licenses of waiting requests whose terms are cached, in order of arrival. */
  prepareAhead(pendingIssues: readonly PendingIssue[]): void {
    for (const pending of pendingIssues) {
      const { actor, request } = pending.command;
      const terms = this.terms.getCached(actor, request);
      if (terms) pending.prepared = this.prepare(pending, terms, new Map());
    }
  }

  private prepare(
    pending: PendingIssue,
    terms: IssuanceTerms | undefined,
    outcomes: Map<PendingIssue, IssueOutcome>,
  ): PreparedIssue | undefined {
    if (!terms) throw new Error('The terms of a tenant were not read.');
    try {
      const issue = this.factory.create(terms, pending.command.request);
      const result = toIssuedLicense(issue.license, issue.key);
      return { pending, row: this.toRow(pending, issue, result), result };
    } catch (error) {
      outcomes.set(pending, { error });
      return undefined;
    }
  }
}

/**
 * Returns the first request for the same trial. Only that one is sent, because a statement does not see the rows that it inserts itself.
 */
function firstWithSameTrial(all: readonly PreparedIssue[]): (issue: PreparedIssue) => PreparedIssue {
  const firsts = new Map<string, PreparedIssue>();
  const keyOf = ({ row: { license } }: PreparedIssue) =>
    license.trialCustomerId === null
      ? undefined
      : JSON.stringify([license.tenantId, license.trialCustomerId, license.trialProductId]);
  for (const issue of all) {
    const key = keyOf(issue);
    if (key !== undefined && !firsts.has(key)) firsts.set(key, issue);
  }
  return (issue) => firsts.get(keyOf(issue) ?? '') ?? issue;
}

function isIssued(outcome: IssueOutcome | undefined): boolean {
  return outcome !== undefined && outcome !== 'RETRY_SINGLY' && 'result' in outcome;
}
