import { HttpException } from '@nestjs/common';
import { CommandHandler, QueryBus, type ICommandHandler } from '@nestjs/cqrs';
import type { Actor } from '../../../shared/access/actor.js';
import type { IntegrationEvent } from '../../../shared/messaging/integration-event.js';
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
    private readonly clock: Clock,
    private readonly databaseClock: DatabaseClock,
  ) {}

  execute(command: FollowSubscriptionCommand) {
    const { actor, licenseId, request } = command;
    return this.unitOfWork.perform(command, async (transaction) => {
      const locked = await this.licenses.findForUpdate(actor.tenantId, licenseId);
      if (!locked) throw new LicenseNotFoundError(licenseId);
      const now = this.clock.now();
      const following = new Following(locked, actor, now, request);
      following.events.push(...applyDueMilestones(locked, this.databaseClock.settled(now)));
      // A license that was revoked, or linked with another subscription, follows this one no longer.
      if (locked.status !== 'REVOKED' && locked.subscriptionId === request.terms.subscription_id)
        await this.follow(following);
      const { license, events, applied, problem } = following;
      for (const event of events) transaction.record(event);
      if (events.length > 0) await this.licenses.update(license);
      return { license: toLicenseResponse(await this.seatCounter.countSeats(license, now), now), applied, problem };
    });
  }

  private async follow(following: Following): Promise<void> {
    const { templateId, actor, now } = following;
    if (templateId !== undefined) {
      const [issuable] = await this.queries.execute(new GetIssuableTemplatesQuery(actor, [templateId]));
      const changed = following.changeTemplate(() => assertIssuable(templateId, issuable));
      if (changed) await this.seatCounter.recount(following.license, now);
    }
    following.setTerms();
    following.holdOrReinstate();
  }
}

/** One license on its way to the terms of its subscription. What is refused leaves the license as it was before that step. */
class Following {
  readonly events: IntegrationEvent[] = [];
  applied: AppliedTerms | null;
  problem: FollowProblem | null = null;
  private readonly terms: SubscriptionTerms;
  private templateChanges: number | null;
  private seatsChanges: number | null;
  private readonly byHand: ReturnType<typeof changesByHand>;
  private grace: AppliedTerms['grace'];

  constructor(
    public license: License,
    readonly actor: Actor,
    readonly now: Date,
    private readonly request: FollowRequest,
  ) {
    const { terms, applied } = request;
    this.terms = terms;
    this.applied = applied;
    this.byHand = changesByHand(license, applied, terms.holds);
    this.grace = this.byHand.grace;
    const isAlready = !applied && license.templateId === terms.template.id;
    this.templateChanges = isAlready ? terms.template.changes : (applied?.template_changes ?? null);
    this.seatsChanges = applied?.seats_changes ?? null;
  }

  /** Template that the license is to change to; undefined: it has taken over the last change. */
  get templateId(): string | undefined {
    return this.templateChanges === this.terms.template.changes ? undefined : this.terms.template.id;
  }

  /** Applies the terms of the template, which replace values that were set by hand. Returns false if they are refused. */
  changeTemplate(template: () => Template): boolean {
    const isChanged = this.attempt((license) => {
      const change = license.changeTemplate(template(), this.now);
      return change && new LicenseTemplateChangedEvent(this.actor, this.now, license, change, REASON);
    });
    if (!isChanged) return false;
    this.templateChanges = this.terms.template.changes;
    this.seatsChanges = null;
    this.grace = { ends: false, own: this.license.gracePeriodDays, final: 0 };
    return true;
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
      if (this.request.strict || !(error instanceof HttpException) || error.getStatus() >= 500) throw error;
      this.problem = { code: error.errorCode ?? 'LICENSE_REFUSED', detail: error.message };
      return false;
    }
  }
}
