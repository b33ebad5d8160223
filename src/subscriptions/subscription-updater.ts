import { Injectable } from '@nestjs/common';
import { CommandBus, QueryBus } from '@nestjs/cqrs';
import {
  FollowSubscriptionCommand,
  GetLicenseQuery,
  LinkSubscriptionCommand,
  UpdateLicenseCommand,
  type LicenseResponse,
} from '../licensing/index.js';
import { Actor } from '../shared/access/actor.js';
import type { RecordedReason } from '../shared/messaging/recorded-reason.js';
import type { Transaction } from '../shared/persistence/transaction.js';
import type { BillingEvent } from './billing-event.entity.js';
import { SubscriptionEndedEvent, SubscriptionUnlinkedEvent } from './events/subscription.events.js';
import type { Subscription } from './subscription.entity.js';
import { SubscriptionRepository } from './subscription.repository.js';
import { deriveState } from './subscription-state.js';

/** Actor of the event of an end. */
const TIMER_SERVICE = 'subscription-timer';

/** Brings a locked subscription and its license up to date. The license is locked after the subscription, everywhere. */
@Injectable()
export class SubscriptionUpdater {
  constructor(
    private readonly subscriptions: SubscriptionRepository,
    private readonly commands: CommandBus,
    private readonly queries: QueryBus,
  ) {}

  /** Derives the state from all events and lets the license follow. With `strict` what the license refuses is thrown. */
  async derive(
    actor: Actor,
    subscription: Subscription,
    events: readonly BillingEvent[],
    { strict = false } = {},
  ): Promise<LicenseResponse | null> {
    const state = deriveState(subscription.initialState, events);
    subscription.setState(state);
    if (subscription.licenseId === null) return null;
    const terms = subscription.termsOf(state);
    const follow = new FollowSubscriptionCommand(actor, subscription.licenseId, {
      terms,
      applied: subscription.appliedTerms,
      strict,
    });
    const { license, applied, problem } = await this.commands.execute(follow);
    subscription.appliedTerms = applied;
    subscription.licenseProblem = problem;
    return license;
  }

  /** Records the end of the service once it has come; each action does so before and after its own change. */
  async recordEnd(transaction: Transaction, subscription: Subscription, now: Date): Promise<void> {
    const noted = subscription.noteEnd(now);
    if (!noted) return;
    await this.subscriptions.update(subscription);
    if (noted === 'BEGUN') return;
    const change = {
      before: { status: subscription.status },
      after: { status: subscription.statusAt(now), ends_at: subscription.endsAt?.toISOString() ?? null },
    };
    const actor = Actor.service(TIMER_SERVICE, subscription.tenantId);
    transaction.record(new SubscriptionEndedEvent(actor, now, subscription, change));
  }

  /** Unlinks the license, if there is one, and stores the subscription. */
  async unlink(
    transaction: Transaction,
    actor: Actor,
    subscription: Subscription,
    now: Date,
    reason?: RecordedReason,
  ): Promise<void> {
    await this.recordEnd(transaction, subscription, now);
    const { licenseId, appliedTerms } = subscription;
    if (licenseId === null) return;
    const before = subscription.snapshot(now);
    const license = await this.commands.execute(
      new LinkSubscriptionCommand(actor, licenseId, { subscription_id: null }),
    );
    // The end of the subscription took the grace period away, which another subscription or a renewal may need.
    const grace = appliedTerms?.grace;
    if (grace?.ends && license.status !== 'REVOKED' && license.grace_period_days === grace.final)
      await this.commands.execute(
        new UpdateLicenseCommand(actor, licenseId, {
          grace_period_days: grace.own,
          reason: { code: 'CONTRACT_CHANGED' },
        }),
      );
    subscription.unlink();
    const change = subscription.changeSince(before, now);
    await this.subscriptions.update(subscription);
    if (change)
      transaction.record(
        new SubscriptionUnlinkedEvent(
          actor,
          now,
          { subscriptionId: subscription.subscriptionId, licenseId },
          change,
          reason,
        ),
      );
  }

  /** Returns the linked license, or null. */
  async licenseOf(actor: Actor, { licenseId }: Subscription): Promise<LicenseResponse | null> {
    return licenseId === null ? null : this.queries.execute(new GetLicenseQuery(actor, licenseId));
  }
}
