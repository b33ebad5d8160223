import { Injectable, ServiceUnavailableException } from '@nestjs/common';
import { Idempotency } from '../shared/events/idempotency.js';
import { IdempotencyKeyReusedError } from '../shared/events/idempotency.errors.js';
import type { Transaction } from '../shared/events/transaction.js';
import { UnitOfWork } from '../shared/events/unit-of-work.js';
import type { IssueLicenseCommand } from './commands/issue-license.command.js';
import { IssueQueue, type Ticket } from './issue-queue.js';
import { toIssuedLicense, type IssuedLicense } from './license.dto.js';
import { LicenseIssuer, type KeyedIssue } from './license-issuer.js';

/** Groups that may be on their way to the database at once: while one commits, the next is made. */
const MAX_FLIGHTS = 2;

type Answer = { readonly result: IssuedLicense; readonly replayed?: boolean } | { readonly error: unknown };

/** How one order of a group ended. `alone`: it has to be done by itself. */
type Outcome = Answer | 'alone';

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
    private readonly issuer: LicenseIssuer,
  ) {}

  issue(command: IssueLicenseCommand): Promise<IssuedLicense> {
    const claim = this.idempotency.claimOf(command, command.constructor.name);
    return new Promise((resolve, reject) => {
      this.queue.add({ command, claim, followers: [], resolve, reject });
      this.takeOff();
    });
  }

  private takeOff(): void {
    while (this.flights < MAX_FLIGHTS) {
      const group = this.queue.nextGroup();
      if (group.length === 0) return;
      this.flights++;
      void this.fly(group).finally(() => {
        this.flights--;
        this.queue.done(group);
        this.takeOff();
      });
    }
  }

  /** Every ticket is answered; it never throws. */
  private async fly(group: readonly Ticket[]): Promise<void> {
    let outcomes: ReadonlyMap<Ticket, Outcome>;
    try {
      outcomes = await this.issueTogether(group);
    } catch (error) {
      const final = group.length === 1 || isFinal(error);
      outcomes = new Map(group.map((ticket) => [ticket, final ? { error } : 'alone']));
    }
    for (const [ticket, outcome] of outcomes) {
      this.answer(ticket, outcome === 'alone' ? await this.alone(ticket) : outcome);
    }
  }

  private issueTogether(group: readonly Ticket[]): Promise<Map<Ticket, Outcome>> {
    const byTenant = groupByTenant(group);
    return this.unitOfWork.runForAll([...byTenant.keys()], async (transactions) => {
      const parts = [...byTenant].map(([tenantId, own]) => this.issueForTenant(transactions.of(tenantId), own));
      return new Map((await Promise.all(parts)).flatMap((part) => [...part]));
    });
  }

  private async issueForTenant(transaction: Transaction, tickets: readonly Ticket[]): Promise<Map<Ticket, Outcome>> {
    const claims = tickets.flatMap(({ claim }) => claim ?? []);
    const [taken, terms] = await Promise.all([
      claims.length === 0 ? new Set<string>() : this.idempotency.takeAll(transaction, claims),
      this.issuer.read(
        first(tickets).command.actor,
        tickets.map(({ command }) => command.order),
      ),
    ]);
    const lost = claims.filter(({ keyDigest }) => !taken.has(keyDigest));
    const earlier = lost.length === 0 ? undefined : await this.idempotency.readAll(transaction, lost);

    const outcomes = new Map<Ticket, Outcome>();
    const issued: { ticket: Ticket; issue: KeyedIssue; result: IssuedLicense }[] = [];
    for (const ticket of tickets) {
      const { claim, command } = ticket;
      if (claim && !taken.has(claim.keyDigest)) {
        outcomes.set(ticket, replay(earlier?.get(claim.keyDigest)));
        continue;
      }
      try {
        const issue = terms.issue(command.order);
        const result = toIssuedLicense(issue.license, issue.key);
        issued.push({ ticket, issue, result });
        outcomes.set(ticket, { result });
      } catch (error) {
        outcomes.set(ticket, { error });
      }
    }
    this.write(transaction, tickets, issued, taken);
    return outcomes;
  }

  private write(
    transaction: Transaction,
    tickets: readonly Ticket[],
    issued: readonly { ticket: Ticket; issue: KeyedIssue; result: IssuedLicense }[],
    taken: ReadonlySet<string>,
  ): void {
    if (issued.length > 0) {
      this.issuer.write(
        transaction,
        issued.map(({ ticket, issue }) => ({ actor: ticket.command.actor, issue })),
      );
    }
    const kept = issued.flatMap(({ ticket: { claim }, result }) => (claim ? [{ claim, result }] : []));
    if (kept.length > 0) this.idempotency.keepAll(transaction, kept);
    const done = new Set(issued.map(({ ticket }) => ticket));
    const refused = tickets.flatMap((ticket) => (done.has(ticket) ? [] : (ticket.claim ?? [])));
    const givenBack = refused.filter(({ keyDigest }) => taken.has(keyDigest));
    if (givenBack.length > 0) this.idempotency.giveBack(transaction, givenBack);
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

/** What the database is to blame for would fail for each alone too; and what may have been done must not be done again. */
function isFinal(error: unknown): boolean {
  return error instanceof ServiceUnavailableException;
}

function replay(earlier: ReturnType<ReadonlyMap<string, () => { result: unknown }>['get']>): Outcome {
  if (!earlier) return 'alone';
  try {
    return { result: earlier().result as IssuedLicense, replayed: true };
  } catch (error) {
    return { error };
  }
}

function groupByTenant(tickets: readonly Ticket[]): Map<string, Ticket[]> {
  const groups = new Map<string, Ticket[]>();
  for (const ticket of tickets) {
    const { tenantId } = ticket.command.actor;
    const group = groups.get(tenantId);
    if (group) group.push(ticket);
    else groups.set(tenantId, [ticket]);
  }
  return groups;
}

function first<T>(items: readonly T[]): T {
  const [item] = items;
  if (item === undefined) throw new Error('A group has at least one order.');
  return item;
}
