import type { Json, JsonObject } from '../shared/json.js';
import type { StoredEventKind, StoredSubscriptionStatus, SubscriptionHold } from './subscription-status.js';

/** Facts that an event may bring along, by wire name; times in ISO 8601. Which of them a kind has: see BillingEventRequest. */
export interface BillingFacts {
  readonly trial?: boolean | undefined;
  readonly template_id?: string | undefined;
  readonly quantity?: number | undefined;
  readonly period_start?: string | undefined;
  readonly period_end?: string | undefined;
  readonly cancel_at_period_end?: boolean | undefined;
  readonly ends_at?: string | undefined;
}

/** Event of a subscription, as it is ordered and applied. */
export interface OrderedEvent {
  readonly eventId: string;
  readonly occurredAt: Date;
  readonly kind: StoredEventKind;
  readonly facts: BillingFacts;
}

/** State that a subscription is created with, before all of its events. */
export interface InitialState {
  readonly status: 'TRIALING' | 'ACTIVE';
  readonly template_id: string;
  readonly quantity: number | null;
  readonly period_start: string | null;
  readonly period_end: string | null;
  readonly cancel_at_period_end: boolean;
}

/**
 * State that follows from the events. The numbers of changes tell whether the license has taken over the last one; they never decrease as
 * more events arrive, and an event that repeats what was decided adds none.
 */
export interface SubscriptionState {
  readonly status: StoredSubscriptionStatus;
  readonly templateId: string;
  readonly templateChanges: number;
  /** Seats; null: those of the template. */
  readonly quantity: number | null;
  readonly quantityChanges: number;
  readonly periodStart: Date | null;
  /** End of the last paid period, or of the trial. */
  readonly periodEnd: Date | null;
  readonly cancelAtPeriodEnd: boolean;
  /** End of the service; null: it goes on. */
  readonly endsAt: Date | null;
  readonly hold: SubscriptionHold | null;
  /** Ids of the events for which the license is suspended. */
  readonly holds: readonly string[];
}

interface Draft {
  status: StoredSubscriptionStatus;
  templateId: string;
  templateChanges: number;
  quantity: number | null;
  quantityChanges: number;
  periodStart: Date | null;
  periodEnd: Date | null;
  cancelAtPeriodEnd: boolean;
  /** End that the event `canceled` named, and the time of the event. */
  cancellation: { readonly endsAt: Date | null; readonly at: Date } | null;
  pausedBy: string | null;
  reversal: { readonly hold: SubscriptionHold; readonly by: string } | null;
}

/**
 * Derives the state of a subscription from all of its events: in the order of their times and ids, whatever the order of their arrival, so
 * that an older event never undoes a newer one.
 */
export function deriveState(initial: InitialState, events: readonly OrderedEvent[]): SubscriptionState {
  const state: Draft = {
    status: initial.status,
    templateId: initial.template_id,
    templateChanges: 0,
    quantity: initial.quantity,
    quantityChanges: 0,
    periodStart: timeOf(initial.period_start),
    periodEnd: timeOf(initial.period_end),
    cancelAtPeriodEnd: initial.cancel_at_period_end,
    cancellation: null,
    pausedBy: null,
    reversal: null,
  };
  for (const event of [...events].sort(inOrder)) EFFECTS[event.kind](state, event);
  const { status, templateId, templateChanges, quantity, quantityChanges } = state;
  const { periodStart, periodEnd, cancelAtPeriodEnd } = state;
  return {
    ...{ status, templateId, templateChanges, quantity, quantityChanges, periodStart, periodEnd, cancelAtPeriodEnd },
    endsAt: endOf(state),
    hold: state.reversal?.hold ?? (state.pausedBy === null ? null : 'PAUSED'),
    holds: [state.pausedBy, state.reversal?.by].filter((by) => by !== null && by !== undefined),
  };
}

/** Orders by time, and by the bytes of the id where times are equal. */
export function inOrder(one: OrderedEvent, other: OrderedEvent): number {
  const difference = one.occurredAt.getTime() - other.occurredAt.getTime();
  if (difference !== 0) return difference;
  if (one.eventId === other.eventId) return 0;
  return one.eventId < other.eventId ? -1 : 1;
}

type Effect = (state: Draft, event: OrderedEvent) => void;

/**
 * Effect of each kind. After `canceled` only `activated` begins again; a payment does not. What ends a hold does so in every status, so that
 * a hold that has ended never returns as earlier events arrive.
 */
const EFFECTS: Readonly<Record<StoredEventKind, Effect>> = {
  activated: (state, event) => {
    state.status = event.facts.trial === true ? 'TRIALING' : 'ACTIVE';
    state.cancelAtPeriodEnd = false;
    state.cancellation = null;
    state.pausedBy = null;
    state.reversal = null;
    setTerms(state, event);
    setPeriod(state, event);
  },
  renewed: (state, event) => {
    state.reversal = null;
    if (state.status === 'CANCELED') return;
    state.status = 'ACTIVE';
    setPeriod(state, event);
  },
  payment_failed: (state) => {
    if (state.status !== 'CANCELED') state.status = 'PAST_DUE';
  },
  payment_recovered: (state, event) => {
    state.reversal = null;
    if (state.status === 'CANCELED') return;
    if (state.status === 'PAST_DUE') state.status = 'ACTIVE';
    setPeriod(state, event);
  },
  plan_changed: setTerms,
  quantity_changed: setTerms,
  paused: (state, { eventId }) => {
    state.pausedBy = eventId;
  },
  resumed: (state, event) => {
    state.pausedBy = null;
    if (state.status !== 'CANCELED') setPeriod(state, event);
  },
  cancel_scheduled: (state, { facts }) => {
    state.cancelAtPeriodEnd = facts.cancel_at_period_end ?? true;
  },
  canceled: (state, { facts, occurredAt }) => {
    state.status = 'CANCELED';
    state.cancellation = { endsAt: timeOf(facts.ends_at), at: occurredAt };
  },
  refunded: (state, { eventId }) => {
    state.reversal = { hold: 'REFUNDED', by: eventId };
  },
  charged_back: (state, { eventId }) => {
    state.reversal = { hold: 'CHARGED_BACK', by: eventId };
  },
  corrected: (state, event) => {
    const { cancel_at_period_end: cancels } = event.facts;
    if (cancels !== undefined) state.cancelAtPeriodEnd = cancels;
    setTerms(state, event);
    setPeriod(state, event);
  },
};

function setTerms(state: Draft, { facts }: OrderedEvent): void {
  const { template_id: templateId = state.templateId, quantity = state.quantity } = facts;
  if (templateId !== state.templateId) state.templateChanges++;
  if (quantity !== state.quantity) state.quantityChanges++;
  state.templateId = templateId;
  state.quantity = quantity;
}

function setPeriod(state: Draft, { kind, facts }: OrderedEvent): void {
  const { period_start: start, period_end: end } = facts;
  // Without a start the period of a renewal follows the last one.
  if (start !== undefined) state.periodStart = timeOf(start);
  else if (kind === 'renewed') state.periodStart = state.periodEnd ?? state.periodStart;
  if (end !== undefined) state.periodEnd = timeOf(end);
}

/** A cancellation ends the service with the paid period, or earlier if it says so. */
function endOf({ cancellation, periodEnd, cancelAtPeriodEnd }: Draft): Date | null {
  if (!cancellation) return cancelAtPeriodEnd ? periodEnd : null;
  const { endsAt, at } = cancellation;
  if (endsAt && periodEnd) return endsAt < periodEnd ? endsAt : periodEnd;
  return endsAt ?? periodEnd ?? at;
}

function timeOf(text: string | null | undefined): Date | null {
  return text === null || text === undefined ? null : new Date(text);
}

/** Returns the facts that are there, so that two deliveries of an event can be compared. */
export function toFacts(facts: BillingFacts): JsonObject {
  return Object.fromEntries(
    Object.entries(facts).flatMap(([name, value]) => (value === undefined ? [] : [[name, value as Json]])),
  );
}
