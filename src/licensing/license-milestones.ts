import { addDays } from './calendar.js';

/** Days before the expiry at which a reminder is due. */
const REMINDER_DAYS = [30, 14, 7, 1] as const;

/** Renewal precedes the expiry, so that the new expiry is stored before a list by expiry or status could miss the license. */
const AUTO_RENEWAL_LEAD_MS = 60 * 60 * 1000;

export type MilestoneKind = 'reminder' | 'renewal' | 'expiry' | 'grace_end';

/** Scheduled time of a license. */
export interface Milestone {
  readonly kind: MilestoneKind;
  readonly at: Date;
}

/** Fields of a license that its milestones follow from. */
export interface Scheduled {
  readonly status: string;
  readonly expiryDate: Date | null;
  readonly nextDueAt: Date | null;
  readonly autoRenews: boolean;
  graceEndsAt(expiryDate: Date): Date | null;
}

/** Yields the milestones in order of time; none for a license that never expires. */
export function* milestonesOf(license: Scheduled): Generator<Milestone> {
  const { expiryDate, autoRenews } = license;
  if (expiryDate === null) return;
  for (const days of REMINDER_DAYS) yield { kind: 'reminder', at: addDays(expiryDate, -days) };
  if (autoRenews) {
    yield { kind: 'renewal', at: renewalDueAt(expiryDate) };
    return;
  }
  yield { kind: 'expiry', at: expiryDate };
  const graceEndsAt = license.graceEndsAt(expiryDate);
  if (graceEndsAt && graceEndsAt > expiryDate) yield { kind: 'grace_end', at: graceEndsAt };
}

/** Returns the time at which a license with this expiry is renewed automatically. */
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
  const applied = passed.filter(({ kind }) => kind !== 'reminder');
  return applied.length > 0 ? applied : passed.slice(-1);
}
