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

/** How one order of a group ended. `alone`: it has to be done by itself. */
export type IssueOutcome = IssueResult | 'alone';

const NONE_ISSUED: IssueAllResult = { stored: new Set(), usedTrials: new Set() };

/** Issues a group of orders in one statement: each license if its terms still hold and its idempotency key is free. */
@Injectable()
export class IssueGroupWriter {
  constructor(
    private readonly unitOfWork: UnitOfWork,
    private readonly idempotency: Idempotency,
    private readonly terms: IssuanceTermsCache,
    private readonly issuer: LicenseFactory,
    private readonly licenses: LicenseRepository,
  ) {}

  /** A group whose licenses are all made is sent at once: behind those that were sent over its lane before. */
  async issue(group: IssueGroup, lane: PipelinedConnection): Promise<Map<PendingIssue, IssueOutcome>> {
    const outcomes = new Map<PendingIssue, IssueOutcome>();
    if (!isPrepared(group)) await this.prepareRest(group, outcomes);
    const made = pendingIssuesOf(group).flatMap((ticket) => ticket.prepared ?? []);
    const first = firstWithSameTrial(made);
    const rows = made.flatMap((one) => (first(one) === one ? [one.row] : []));
    const { stored, usedTrials } = rows.length > 0 ? await this.licenses.issueAll(rows, lane) : NONE_ISSUED;
    for (const one of made) {
      const { licenseId } = first(one).row.license;
      const isUsed = usedTrials.has(licenseId) || (first(one) !== one && stored.has(licenseId));
      if (isUsed) outcomes.set(one.ticket, { error: new TrialAlreadyUsedError() });
      else if (stored.has(licenseId)) outcomes.set(one.ticket, { result: one.result });
    }
    await Promise.all([...group].map(([tenantId, tickets]) => this.resolveRest(tenantId, tickets, outcomes)));
    return outcomes;
  }

  /** What has to be made from terms that are read first, before any orders that wait for those; and what is refused. */
  private async prepareRest(group: IssueGroup, outcomes: Map<PendingIssue, IssueOutcome>): Promise<void> {
    const terms = await this.terms.getAll(
      [...group.values()].map((tickets) => ({
        actor: tickets[0].command.actor,
        orders: tickets.map(({ command }) => command.request),
      })),
    );
    for (const ticket of pendingIssuesOf(group)) {
      ticket.prepared ??= this.prepare(ticket, terms.get(ticket.command.actor.tenantId), outcomes);
    }
  }

  /** An idempotency key is taken with what its order comes to, but for the license key: see LicenseFactory.restore. */
  private toRow({ command, claim }: PendingIssue, issue: KeyedLicenseDraft, result: IssuedLicense): IssueRow {
    const { license, keyDigest, customerVersion } = issue;
    const settled = claim && this.idempotency.toClaimRow({ claim, result: { ...result, license_key: undefined } });
    const made = { license, keyDigest, customerVersion, claim: settled };
    const event = new LicenseCreatedEvent(command.actor, license, command.request.reason);
    event.metadata.operation = operationOf(command);
    return issueRow(made, event);
  }

  /** Whose idempotency key was not free, also who was refused, gets what came of it earlier; the terms of the others changed. */
  private async resolveRest(
    tenantId: string,
    tickets: readonly PendingIssue[],
    outcomes: Map<PendingIssue, IssueOutcome>,
  ): Promise<void> {
    const rest = tickets.filter((ticket) => !isIssued(outcomes.get(ticket)));
    const claims = rest.flatMap(({ claim }) => claim ?? []);
    // Where that fails, it does for them alone: the others have been issued.
    const earlier = await this.readEarlier(tenantId, claims).catch((error: unknown) => ({ error }));
    const replays: Promise<void>[] = [];
    for (const ticket of rest) {
      const known = ticket.claim && !('error' in earlier) && earlier.get(ticket.claim.keyDigest);
      if (known) replays.push(this.replay(tenantId, known).then((outcome) => void outcomes.set(ticket, outcome)));
      else if (ticket.claim && 'error' in earlier) outcomes.set(ticket, earlier);
      else if (!outcomes.has(ticket)) {
        this.terms.invalidate(tenantId, ticket.command.request);
        outcomes.set(ticket, 'alone');
      }
    }
    await Promise.all(replays);
  }

  private async replay(tenantId: string, earlier: () => StoredResult): Promise<IssueResult> {
    try {
      return {
        result: await this.issuer.restoreResult(tenantId, earlier().result as StoredIssueResult),
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

  /** Makes the licenses of orders that wait, where that needs nothing that has to be read. In the order in which they came. */
  prepareAhead(tickets: readonly PendingIssue[]): void {
    for (const ticket of tickets) {
      const { actor, request } = ticket.command;
      const terms = this.terms.getCached(actor, request);
      if (terms) ticket.prepared = this.prepare(ticket, terms, new Map());
    }
  }

  private prepare(
    ticket: PendingIssue,
    terms: IssuanceTerms | undefined,
    outcomes: Map<PendingIssue, IssueOutcome>,
  ): PreparedIssue | undefined {
    if (!terms) throw new Error('The terms of a tenant were not read.');
    try {
      const issue = this.issuer.create(terms, ticket.command.request);
      const result = toIssuedLicense(issue.license, issue.key);
      return { ticket, row: this.toRow(ticket, issue, result), result };
    } catch (error) {
      outcomes.set(ticket, { error });
      return undefined;
    }
  }
}

/** Of the orders for one trial only the first is sent, because a statement does not see the rows that it inserts itself. */
function firstWithSameTrial(all: readonly PreparedIssue[]): (one: PreparedIssue) => PreparedIssue {
  const firsts = new Map<string, PreparedIssue>();
  const keyOf = ({ row: { license } }: PreparedIssue) =>
    license.trialCustomerId === null
      ? undefined
      : JSON.stringify([license.tenantId, license.trialCustomerId, license.trialProductId]);
  for (const one of all) {
    const key = keyOf(one);
    if (key !== undefined && !firsts.has(key)) firsts.set(key, one);
  }
  return (one) => firsts.get(keyOf(one) ?? '') ?? one;
}

function isIssued(outcome: IssueOutcome | undefined): boolean {
  return outcome !== undefined && outcome !== 'alone' && 'result' in outcome;
}
