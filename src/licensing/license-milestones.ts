import { addDays, laterOf } from './calendar.js';

/** Days before the expiry at which a reminder is due. */
const REMINDER_DAYS = [30, 14, 7, 1] as const;

/** Renewal precedes the expiry, so that the new expiry is stored before a list by expiry or status could miss the license. */
const AUTO_RENEWAL_LEAD_MS = 60 * 60 * 1000;

export type MilestoneKind = 'start' | 'reminder' | 'renewal' | 'expiry' | 'grace_end';

/** Scheduled time of a license. */
export interface Milestone {
  readonly kind: MilestoneKind;
  readonly at: Date;
}

/** Fields of a license that its milestones follow from. */
export interface Scheduled {
  readonly status: string;
  /** Start at a time, or when the first activation started the license; null: at its issue, or not yet. */
  readonly startsAt?: Date | null;
  /** Set while the first activation is awaited, until which `expiryDate` is the end of the waiting. */
  readonly awaitedStart?: object | null;
  readonly expiryDate: Date | null;
  readonly nextDueAt: Date | null;
  readonly autoRenews: boolean;
  graceEndsAt(expiryDate: Date): Date | null;
}

/** Yields the milestones in order of time: a license that never expires has at most a start. */
export function* milestonesOf(license: Scheduled): Generator<Milestone> {
  const { startsAt, awaitedStart, expiryDate, autoRenews } = license;
  if (startsAt) yield { kind: 'start', at: startsAt };
  if (expiryDate === null) return;
  if (awaitedStart) {
    yield { kind: 'expiry', at: expiryDate };
    return;
  }
  for (const days of REMINDER_DAYS) {
    const at = addDays(expiryDate, -days);
    if (!startsAt || at > startsAt) yield { kind: 'reminder', at };
  }
  if (autoRenews) {
    const at = renewalDueAt(expiryDate);
    yield { kind: 'renewal', at: startsAt ? laterOf(at, startsAt) : at };
    return;
  }
  yield { kind: 'expiry', at: expiryDate };
  const graceEndsAt = license.graceEndsAt(expiryDate);
  if (graceEndsAt && graceEndsAt > expiryDate) yield { kind: 'grace_end', at: graceEndsAt };
}

/** Returns the time at which a license with this expiry is renewed automatically, but for one that starts later: at its start. */
export function renewalDueAt(expiryDate: Date): Date {
  return new Date(expiryDate.getTime() - AUTO_RENEWAL_LEAD_MS);
}

/** Returns the first milestone after `now`; null if there is none. A renewal stays due until it is applied. */
export function nextDueAt(license: Scheduled, now: Date): Date | null {
  for (const { kind, at } of milestonesOf(license)) if (kind === 'renewal' || at > now) return at;
  return null;
}

/**
 * Returns milestones that passed since `nextDueAt`: of reminders only the last, and none once the license has expired or renews.
 * A suspended or revoked license has none.
 */
export function dueMilestones(license: Scheduled, now: Date): Milestone[] {
  const since = license.nextDueAt;
  if (license.status !== 'ACTIVE') return [];
  // A renewal stays due until it is applied, even if it lies before `nextDueAt`.
  const isNew = ({ kind, at }: Milestone) => kind === 'renewal' || (since !== null && at >= since);
  const passed = [...milestonesOf(license)].filter((milestone) => milestone.at <= now && isNew(milestone));
  const starts = passed.filter(({ kind }) => kind === 'start');
  const others = passed.filter(({ kind }) => kind !== 'start');
  const applied = others.filter(({ kind }) => kind !== 'reminder');
  return [...starts, ...(applied.length > 0 ? applied : others.slice(-1))];
}
