import { Column, Entity, PrimaryColumn } from 'typeorm';
import type { AppliedTerms, FollowProblem, SubscriptionTerms } from '../licensing/index.js';
import { mergeFreeForm } from '../shared/free-form.js';
import type { JsonObject } from '../shared/json.js';
import type { Change } from '../shared/persistence/change.js';
import { VersionedRow } from '../shared/persistence/versioned-row.js';
import { newId } from '../shared/random.js';
import type { CreateSubscriptionRequest } from './subscription.requests.js';
import type { InitialState, SubscriptionState } from './subscription-state.js';
import type { StoredSubscriptionStatus, SubscriptionHold, SubscriptionStatus } from './subscription-status.js';

/** An agreement to pay for a license by the period. Its state follows from its events; the linked license follows its state. */
@Entity('subscriptions')
export class Subscription extends VersionedRow {
  @PrimaryColumn('text', { name: 'subscription_id' })
  subscriptionId!: string;

  @Column({ type: 'text', name: 'customer_id', update: false })
  customerId!: string;

  @Column('text', { name: 'template_id' })
  templateId!: string;

  /** Linked license; null: none. */
  @Column('uuid', { name: 'license_id', nullable: true })
  licenseId!: string | null;

  /** Stored status; see `statusAt` for the current one. */
  @Column('text')
  status!: StoredSubscriptionStatus;

  @Column('integer', { nullable: true })
  quantity!: number | null;

  @Column('timestamptz', { name: 'period_start', nullable: true })
  periodStart!: Date | null;

  @Column('timestamptz', { name: 'period_end', nullable: true })
  periodEnd!: Date | null;

  @Column('boolean', { name: 'cancel_at_period_end' })
  cancelAtPeriodEnd!: boolean;

  /** End of the service; null: it goes on. */
  @Column('timestamptz', { name: 'ends_at', nullable: true })
  endsAt!: Date | null;

  /** Whether the log has the end that is past. */
  @Column('boolean', { name: 'end_recorded' })
  endRecorded!: boolean;

  /** Reason for which the license is suspended; null: none. */
  @Column('text', { nullable: true })
  hold!: SubscriptionHold | null;

  @Column('jsonb')
  metadata!: JsonObject;

  /** State before all events. */
  @Column({ type: 'jsonb', name: 'initial_state', update: false })
  initialState!: InitialState;

  /** Decisions that the linked license has taken over; null: none yet. */
  @Column('jsonb', { name: 'applied_terms', nullable: true })
  appliedTerms!: AppliedTerms | null;

  /** Why the license could not take over everything; null: it has. */
  @Column('jsonb', { name: 'license_problem', nullable: true })
  licenseProblem!: FollowProblem | null;

  static create(tenantId: string, input: CreateSubscriptionRequest, now: Date): Subscription {
    const subscription = Object.assign(new Subscription(), Subscription.newRow(tenantId, now));
    const { status, template_id, quantity, period_start, period_end, cancel_at_period_end } = input;
    subscription.subscriptionId = input.subscription_id ?? newId();
    subscription.customerId = input.customer_id;
    subscription.metadata = input.metadata;
    subscription.initialState = { status, template_id, quantity, period_start, period_end, cancel_at_period_end };
    subscription.licenseId = null;
    subscription.endRecorded = false;
    subscription.appliedTerms = null;
    subscription.licenseProblem = null;
    return subscription;
  }

  /** Returns the current status. */
  statusAt(now: Date): SubscriptionStatus {
    return this.hasEnded(now) ? 'ENDED' : this.status;
  }

  hasEnded(now: Date): boolean {
    return this.endsAt !== null && this.endsAt <= now;
  }

  /** Notes whether the service has ended. Returns what that changes for the log: the end, a new beginning, or nothing. */
  noteEnd(now: Date): 'ENDED' | 'BEGUN' | undefined {
    const hasEnded = this.hasEnded(now);
    if (hasEnded === this.endRecorded) return undefined;
    this.endRecorded = hasEnded;
    return hasEnded ? 'ENDED' : 'BEGUN';
  }

  /** Takes over the state that was derived from the events. */
  setState(state: SubscriptionState): void {
    this.status = state.status;
    this.templateId = state.templateId;
    this.quantity = state.quantity;
    this.periodStart = state.periodStart;
    this.periodEnd = state.periodEnd;
    this.cancelAtPeriodEnd = state.cancelAtPeriodEnd;
    this.endsAt = state.endsAt;
    this.hold = state.hold;
  }

  /** Returns what the license is to follow. */
  termsOf({ templateId, templateChanges, quantity, quantityChanges, ...state }: SubscriptionState): SubscriptionTerms {
    return {
      subscription_id: this.subscriptionId,
      template: { id: templateId, changes: templateChanges },
      seats: quantity === null ? null : { count: quantity, changes: quantityChanges },
      paid_until: state.periodEnd?.toISOString() ?? null,
      ends_at: state.endsAt?.toISOString() ?? null,
      holds: state.holds,
    };
  }

  /** Throws InvalidFieldError. */
  mergeMetadata(patch: JsonObject): void {
    this.metadata = mergeFreeForm(this.metadata, patch, '/metadata');
  }

  link(licenseId: string): void {
    this.licenseId = licenseId;
    this.appliedTerms = null;
    this.licenseProblem = null;
  }

  unlink(): void {
    this.licenseId = null;
    this.appliedTerms = null;
    this.licenseProblem = null;
  }

  /** Returns the change since the snapshot and raises the version; undefined if nothing changed. */
  changeSince(before: JsonObject, now: Date): Change | undefined {
    return this.changedSince(before, this.snapshot(now), now);
  }

  /** Returns the changeable fields, in wire names. */
  snapshot(now: Date): JsonObject {
    const { customerId, templateId, licenseId, quantity, cancelAtPeriodEnd, hold, licenseProblem, metadata } = this;
    return {
      status: this.statusAt(now),
      customer_id: customerId,
      template_id: templateId,
      license_id: licenseId,
      quantity,
      period_start: this.periodStart?.toISOString() ?? null,
      period_end: this.periodEnd?.toISOString() ?? null,
      cancel_at_period_end: cancelAtPeriodEnd,
      ends_at: this.endsAt?.toISOString() ?? null,
      hold,
      license_problem: licenseProblem && { ...licenseProblem },
      metadata,
    };
  }
}
