import { HttpException } from '@nestjs/common';
import { CommandHandler, QueryBus, type ICommandHandler } from '@nestjs/cqrs';
import type { Actor } from '../../../shared/access/actor.js';
import type { IntegrationEvent } from '../../../shared/messaging/integration-event.js';
import type { Transaction } from '../../../shared/persistence/transaction.js';
import { UnitOfWork } from '../../../shared/persistence/unit-of-work.js';
import { Clock } from '../../../shared/time/clock.js';
import { DatabaseClock } from '../../../shared/time/database-clock.js';
import { GetIssuableTemplatesQuery, type Template } from '../../../templates/index.js';
import { assertIssuable } from '../../assert-issuable.js';
import {
  LicenseReinstatedEvent,
  LicenseRenewedEvent,
  LicenseSuspendedEvent,
  LicenseTemplateChangedEvent,
  LicenseUpdatedEvent,
} from '../../events/license-action.events.js';
import { PoolAllowance } from '../../issuing/pool-allowance.js';
import { License } from '../../license.entity.js';
import { LicenseNotFoundError } from '../../license.errors.js';
import { LicenseRepository } from '../../license.repository.js';
import { toLicenseResponse } from '../../license.response.js';
import { SeatCounter } from '../../seat-counter.js';
import {
  changesByHand,
  wantedExpiry,
  type AppliedTerms,
  type FollowProblem,
  type SubscriptionTerms,
} from '../../subscription-terms.js';
import { applyDueMilestones } from '../apply-due-milestones.js';
import { FollowSubscriptionCommand, type FollowRequest } from './follow-subscription.command.js';

/** Reason of the events of a license that follows its subscription. */
const REASON = { code: 'SUBSCRIPTION' };

@CommandHandler(FollowSubscriptionCommand)
export class FollowSubscriptionHandler implements ICommandHandler<FollowSubscriptionCommand> {
  constructor(
    private readonly unitOfWork: UnitOfWork,
    private readonly licenses: LicenseRepository,
    private readonly queries: QueryBus,
    private readonly seatCounter: SeatCounter,
    private readonly pools: PoolAllowance,
    private readonly clock: Clock,
    private readonly databaseClock: DatabaseClock,
  ) {}

  execute(command: FollowSubscriptionCommand) {
    const { actor, licenseId, request } = command;
    return this.unitOfWork.perform(command, async (transaction) => {
      const locked = await this.licenses.findForUpdate(actor.tenantId, licenseId);
      if (!locked) throw new LicenseNotFoundError(licenseId);
      const now = this.clock.now();
      const due = applyDueMilestones(locked, this.databaseClock.settled(now));
      const following = new Following(locked, due, actor, now, request);
      // A license that was revoked, or linked with another subscription, follows this one no longer.
      if (locked.status !== 'REVOKED' && locked.subscriptionId === request.terms.subscription_id)
        await this.follow(following);
      await this.settlePool(transaction, following);
      const { license, events, applied, problem } = following;
      if (following.hasChangedTemplate) {
        await this.seatCounter.recount(license, locked, now);
        for (const event of events) if (event instanceof LicenseTemplateChangedEvent) event.withSeats(license);
      }
      for (const event of events) transaction.record(event);
      if (events.length > 0) await this.licenses.update(license);
      return { license: toLicenseResponse(await this.seatCounter.countSeats(license, now), now), applied, problem };
    });
  }

  private async follow(following: Following): Promise<void> {
    const { templateId, actor } = following;
    if (templateId !== undefined) {
      const [issuable] = await this.queries.execute(new GetIssuableTemplatesQuery(actor, [templateId]));
      following.changeTemplate(() => assertIssuable(templateId, issuable));
    }
    following.setTerms();
    following.holdOrReinstate();
  }

  /** A license that was returned to its pool counts against it again, or stays as it was if the pool has none left. */
  private async settlePool(transaction: Transaction, following: Following): Promise<void> {
    if (following.license.poolId === null || following.events.length === 0) return;
    try {
      await this.pools.settle(transaction, [following.license], following.now);
    } catch (error) {
      following.undo(error);
      await this.pools.settle(transaction, [following.license], following.now);
    }
  }
}

/** One license on its way to the terms of its subscription. What is refused leaves the license as it was before that step. */
class Following {
  license: License;
  readonly events: IntegrationEvent[];
  /** True if the license has the terms of another template than before. */
  hasChangedTemplate = false;
  applied: AppliedTerms | null;
  problem: FollowProblem | null = null;
  private readonly terms: SubscriptionTerms;
  private templateChanges: number | null;
  private seatsChanges: number | null;
  private readonly byHand: ReturnType<typeof changesByHand>;
  private grace: AppliedTerms['grace'];

  constructor(
    /** The license, with the events of its due milestones. */
    private readonly before: License,
    private readonly due: readonly IntegrationEvent[],
    readonly actor: Actor,
    readonly now: Date,
    private readonly request: FollowRequest,
  ) {
    const { terms, applied } = request;
    this.license = before;
    this.events = [...due];
    this.terms = terms;
    this.applied = applied;
    this.byHand = changesByHand(before, applied, terms.holds);
    this.grace = this.byHand.grace;
    const isAlready = !applied && before.templateId === terms.template.id;
    this.templateChanges = isAlready ? terms.template.changes : (applied?.template_changes ?? null);
    this.seatsChanges = applied?.seats_changes ?? null;
  }

  /** Template that the license is to change to; undefined: it has taken over the last change. */
  get templateId(): string | undefined {
    return this.templateChanges === this.terms.template.changes ? undefined : this.terms.template.id;
  }

  /** Applies the terms of the template, which replace values that were set by hand. */
  changeTemplate(template: () => Template): void {
    const isChanged = this.attempt((license) => {
      const change = license.changeTemplate(template(), this.now);
      return change && new LicenseTemplateChangedEvent(this.actor, this.now, license, change, REASON);
    });
    if (!isChanged) return;
    this.hasChangedTemplate = true;
    this.templateChanges = this.terms.template.changes;
    this.seatsChanges = null;
    this.grace = { ends: false, own: this.license.gracePeriodDays, final: 0 };
  }

  /** Sets seats, expiry and grace period. */
  setTerms(): void {
    const { terms, byHand, now } = this;
    const ends = terms.ends_at !== null;
    const grace = { ...this.grace, ends };
    const isApplied = this.attempt((license) => {
      const expiryBefore = license.expiryDate;
      const change = license.follow(
        {
          ...(terms.seats && terms.seats.changes !== this.seatsChanges && { maxActivations: terms.seats.count }),
          expiryDate: wantedExpiry(terms, byHand.expiry),
          gracePeriodDays: ends ? grace.final : grace.own,
        },
        now,
      );
      if (!change) return undefined;
      const isLater = expiryBefore !== null && license.expiryDate !== null && license.expiryDate > expiryBefore;
      const Event = isLater ? LicenseRenewedEvent : LicenseUpdatedEvent;
      return new Event(this.actor, now, license, change, REASON);
    });
    if (!isApplied) return;
    this.applied = {
      template_changes: this.templateChanges,
      seats_changes: terms.seats?.changes ?? null,
      expiry: {
        paid_until: terms.paid_until,
        set: this.license.expiryDate?.toISOString() ?? null,
        by_hand: byHand.expiry,
      },
      grace,
      holds: this.applied?.holds ?? [],
      waived: this.applied?.waived ?? [],
    };
  }

  /** Suspends the license, or ends a suspension by a subscription; one by hand stays. */
  holdOrReinstate(): void {
    const { terms, actor, now, byHand } = this;
    const isHeld = terms.holds.some((hold) => !byHand.waived.includes(hold));
    const isApplied = this.attempt((license) => {
      if (isHeld && license.status === 'ACTIVE') {
        const change = license.suspend(now, { bySubscription: true });
        return change && new LicenseSuspendedEvent(actor, now, license, change, REASON);
      }
      if (isHeld || !license.heldBySubscription || license.status !== 'SUSPENDED') return undefined;
      const change = license.reinstate(now);
      return change && new LicenseReinstatedEvent(actor, now, license, change, REASON);
    });
    if (isApplied && this.applied)
      this.applied = {
        ...this.applied,
        holds: this.license.heldBySubscription ? [...terms.holds] : [],
        waived: byHand.waived,
      };
  }

  private attempt(work: (license: License) => IntegrationEvent | undefined): boolean {
    const draft = Object.assign(new License(), this.license);
    try {
      const event = work(draft);
      this.license = draft;
      if (event) this.events.push(event);
      return true;
    } catch (error) {
      this.problem = this.problemOf(error);
      return false;
    }
  }

  /** Takes back all steps, because the license as a whole was refused. */
  undo(error: unknown): void {
    this.problem = this.problemOf(error);
    this.license = this.before;
    this.events.splice(this.due.length);
    this.hasChangedTemplate = false;
    this.applied = this.request.applied;
  }

  /** Returns the problem of a refusal. Rethrows every other error, and all of them if the request is strict. */
  private problemOf(error: unknown): FollowProblem {
    if (this.request.strict || !(error instanceof HttpException) || error.getStatus() >= 500) throw error;
    return { code: error.errorCode ?? 'LICENSE_REFUSED', detail: error.message };
  }
}
