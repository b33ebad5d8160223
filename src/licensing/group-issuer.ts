import { Injectable } from '@nestjs/common';
import { Idempotency, type Claim, type Earlier } from '../shared/events/idempotency.js';
import type { Lane } from '../shared/events/lane.js';
import { operationOf } from '../shared/events/tenant-command.js';
import { UnitOfWork } from '../shared/events/unit-of-work.js';
import { LicenseCreatedEvent } from './events/license-created.event.js';
import { isMade, ticketsOf, type Group, type Ticket } from './issue-queue.js';
import { IssuingTerms, type Terms } from './issuing-terms.js';
import { toIssuedLicense, type IssuedLicense } from './license.dto.js';
import { LicenseIssuer, type KeptIssue, type KeyedIssue } from './license-issuer.js';
import { issueRow, type IssueRow } from './license-rows.js';
import { TrialAlreadyUsedError } from './license.errors.js';
import { LicenseRepository, type IssueAllResult } from './license.repository.js';

export type Answer = { readonly result: IssuedLicense; readonly replayed?: boolean } | { readonly error: unknown };

/** How one order of a group ended. `alone`: it has to be done by itself. */
export type Outcome = Answer | 'alone';

/** An order and the license that was made for it. */
export interface Made {
  readonly ticket: Ticket;
  readonly row: IssueRow;
  readonly result: IssuedLicense;
}

const NONE_ISSUED: IssueAllResult = { stored: new Set(), usedTrials: new Set() };

/** Issues a group of orders in one statement: each license if its terms still hold and its idempotency key is free. */
@Injectable()
export class GroupIssuer {
  constructor(
    private readonly unitOfWork: UnitOfWork,
    private readonly idempotency: Idempotency,
    private readonly terms: IssuingTerms,
    private readonly issuer: LicenseIssuer,
    private readonly licenses: LicenseRepository,
  ) {}

  /** A group whose licenses are all made is sent at once: behind those that were sent over its lane before. */
  async issue(group: Group, lane: Lane): Promise<Map<Ticket, Outcome>> {
    const outcomes = new Map<Ticket, Outcome>();
    if (!isMade(group)) await this.makeRest(group, outcomes);
    const made = ticketsOf(group).flatMap((ticket) => ticket.made ?? []);
    const first = firstWithSameTrial(made);
    const rows = made.flatMap((one) => (first(one) === one ? [one.row] : []));
    const { stored, usedTrials } = rows.length > 0 ? await this.licenses.issueAll(rows, lane) : NONE_ISSUED;
    for (const one of made) {
      const { licenseId } = first(one).row.license;
      const isUsed = usedTrials.has(licenseId) || (first(one) !== one && stored.has(licenseId));
      if (isUsed) outcomes.set(one.ticket, { error: new TrialAlreadyUsedError() });
      else if (stored.has(licenseId)) outcomes.set(one.ticket, { result: one.result });
    }
    await Promise.all([...group].map(([tenantId, tickets]) => this.settleRest(tenantId, tickets, outcomes)));
    return outcomes;
  }

  /** What has to be made from terms that are read first, before any orders that wait for those; and what is refused. */
  private async makeRest(group: Group, outcomes: Map<Ticket, Outcome>): Promise<void> {
    const terms = await this.terms.recallAll(
      [...group.values()].map((tickets) => ({
        actor: tickets[0].command.actor,
        orders: tickets.map(({ command }) => command.order),
      })),
    );
    for (const ticket of ticketsOf(group)) {
      ticket.made ??= this.make(ticket, terms.get(ticket.command.actor.tenantId), outcomes);
    }
  }

  /** An idempotency key is taken with what its order comes to, but for the license key: see LicenseIssuer.restore. */
  private toRow({ command, claim }: Ticket, issue: KeyedIssue, result: IssuedLicense): IssueRow {
    const { license, keyDigest, customerVersion } = issue;
    const settled = claim && this.idempotency.settledRow({ claim, result: { ...result, license_key: undefined } });
    const made = { license, keyDigest, customerVersion, claim: settled };
    const event = new LicenseCreatedEvent(command.actor, license, command.order.reason);
    event.metadata.operation = operationOf(command);
    return issueRow(made, event);
  }

  /** Whose idempotency key was not free, also who was refused, gets what came of it earlier; the terms of the others changed. */
  private async settleRest(
    tenantId: string,
    tickets: readonly Ticket[],
    outcomes: Map<Ticket, Outcome>,
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
        this.terms.forget(tenantId, ticket.command.order);
        outcomes.set(ticket, 'alone');
      }
    }
    await Promise.all(replays);
  }

  private async replay(tenantId: string, earlier: () => Earlier): Promise<Answer> {
    try {
      return { result: await this.issuer.restore(tenantId, earlier().result as KeptIssue), replayed: true };
    } catch (error) {
      return { error };
    }
  }

  private readEarlier(tenantId: string, claims: readonly Claim[]): Promise<ReadonlyMap<string, () => Earlier>> {
    if (claims.length === 0) return Promise.resolve(new Map());
    return this.unitOfWork.read(tenantId, (transaction) => this.idempotency.readAll(transaction, claims));
  }

  /** Makes the licenses of orders that wait, where that needs nothing that has to be read. In the order in which they came. */
  makeAhead(tickets: readonly Ticket[]): void {
    for (const ticket of tickets) {
      const { actor, order } = ticket.command;
      const terms = this.terms.recallNow(actor, order);
      if (terms) ticket.made = this.make(ticket, terms, new Map());
    }
  }

  private make(ticket: Ticket, terms: Terms | undefined, outcomes: Map<Ticket, Outcome>): Made | undefined {
    if (!terms) throw new Error('The terms of a tenant were not read.');
    try {
      const issue = this.issuer.make(terms, ticket.command.order);
      const result = toIssuedLicense(issue.license, issue.key);
      return { ticket, row: this.toRow(ticket, issue, result), result };
    } catch (error) {
      outcomes.set(ticket, { error });
      return undefined;
    }
  }
}

/** Of the orders for one trial only the first is sent, because a statement does not see the rows that it inserts itself. */
function firstWithSameTrial(all: readonly Made[]): (one: Made) => Made {
  const firsts = new Map<string, Made>();
  const keyOf = ({ row: { license } }: Made) =>
    license.trialCustomerId === null
      ? undefined
      : JSON.stringify([license.tenantId, license.trialCustomerId, license.trialProductId]);
  for (const one of all) {
    const key = keyOf(one);
    if (key !== undefined && !firsts.has(key)) firsts.set(key, one);
  }
  return (one) => firsts.get(keyOf(one) ?? '') ?? one;
}

function isIssued(outcome: Outcome | undefined): boolean {
  return outcome !== undefined && outcome !== 'alone' && 'result' in outcome;
}
