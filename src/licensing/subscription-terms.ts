import type { License } from './license.entity.js';

/** Terms that a subscription wants of its license; times in ISO 8601. `changes` counts those of a term: each is taken over once. */
export interface SubscriptionTerms {
  readonly subscription_id: string;
  readonly template: { readonly id: string; readonly changes: number };
  /** Null: the seats of the template. */
  readonly seats: { readonly count: number; readonly changes: number } | null;
  /** End of the paid period; null: not known, and the expiry stays. */
  readonly paid_until: string | null;
  /** End of the service, without a grace period; null: it goes on. */
  readonly ends_at: string | null;
  /** Ids of the events for which the license is to be suspended. */
  readonly holds: readonly string[];
}

/** Terms that the license took over, by which later changes by hand are recognized. */
export interface AppliedTerms {
  /** Changes of the template up to the one that the license took over; null: none yet. */
  readonly template_changes: number | null;
  readonly seats_changes: number | null;
  readonly expiry: {
    readonly paid_until: string | null;
    /** Expiry that was set. */
    readonly set: string | null;
    /** Last expiry that was set by hand, while the paid period ended at `paid_until`. */
    readonly by_hand: { readonly expiry: string | null; readonly paid_until: string | null } | null;
  };
  /** Grace period of the license while the service goes on, and once its end is set, in days. */
  readonly grace: { readonly ends: boolean; readonly own: number; readonly final: number };
  /** Holds for which the subscription has suspended the license; none if it was suspended by hand already. */
  readonly holds: readonly string[];
  /** Holds that were ended by hand. */
  readonly waived: readonly string[];
}

/** Why a license could not follow its subscription. */
export interface FollowProblem {
  readonly code: string;
  readonly detail: string;
}

/**
 * Returns the expiry that the license is to have; undefined: it stays. An expiry that was set by hand stands until a paid period ends after
 * it, and after the period that was paid at the time.
 */
export function wantedExpiry(
  { paid_until, ends_at }: SubscriptionTerms,
  byHand: AppliedTerms['expiry']['by_hand'],
): Date | null | undefined {
  if (byHand && !isLater(paid_until, byHand.expiry, byHand.paid_until)) return dateOf(byHand.expiry);
  const wanted = ends_at ?? paid_until;
  return wanted === null ? undefined : new Date(wanted);
}

function isLater(paidUntil: string | null, expiry: string | null, before: string | null): boolean {
  // Without an expiry the license never expires, which no period outlasts.
  return paidUntil !== null && expiry !== null && paidUntil > expiry && (before === null || paidUntil > before);
}

/** Returns what was done by hand since the terms were applied, together with earlier changes by hand that still count. */
export function changesByHand(
  license: License,
  applied: AppliedTerms | null,
  holds: readonly string[],
): Pick<AppliedTerms, 'grace' | 'waived'> & { readonly expiry: AppliedTerms['expiry']['by_hand'] } {
  const expiry = license.expiryDate?.toISOString() ?? null;
  const days = license.gracePeriodDays;
  if (!applied) return { expiry: null, grace: { ends: false, own: days, final: 0 }, waived: [] };
  const { ends } = applied.grace;
  // For its holds the license was suspended. If it is in force, somebody has reinstated it.
  const reinstated = license.status === 'ACTIVE' ? applied.holds : [];
  const waived = new Set([...applied.waived, ...reinstated]);
  return {
    expiry: expiry === applied.expiry.set ? applied.expiry.by_hand : { expiry, paid_until: applied.expiry.paid_until },
    grace: { ...applied.grace, ...(ends ? { final: days } : { own: days }) },
    waived: holds.filter((hold) => waived.has(hold)),
  };
}

function dateOf(text: string | null): Date | null {
  return text === null ? null : new Date(text);
}
