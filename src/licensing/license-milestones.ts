import { addDays } from './calendar.js';

/** Days before the expiry on which a reminder is due. */
const REMINDER_DAYS = [30, 14, 7, 1] as const;

/** So long before it would expire, so that it stands in the row before any list by expiry or status misses it. */
const AUTO_RENEWAL_LEAD_MS = 60 * 60 * 1000;

export type MilestoneKind = 'reminder' | 'renewal' | 'expiry' | 'grace_end';

/** A moment at which time does something to a license. */
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

/** In order; none for a license that never expires. */
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

/** When a license that renews itself does so. */
export function renewalDueAt(expiryDate: Date): Date {
  return new Date(expiryDate.getTime() - AUTO_RENEWAL_LEAD_MS);
}

/** The first moment after this one; null when there is none. A renewal stays due until it is done. */
export function nextDueAt(license: Scheduled, now: Date): Date | null {
  for (const { kind, at } of milestonesOf(license)) if (kind === 'renewal' || at > now) return at;
  return null;
}

/**
 * What happened since the earliest moment that is not yet in the log, and is to be told: of reminders the latest alone, and
 * none once the license has expired or renews itself right now. Nothing happens to what is suspended or revoked.
 */
export function dueMilestones(license: Scheduled, now: Date): Milestone[] {
  const since = license.nextDueAt;
  if (license.status !== 'ACTIVE') return [];
  // A renewal is due until it is done.
  const isNew = ({ kind, at }: Milestone) => kind === 'renewal' || (since !== null && at >= since);
  const passed = [...milestonesOf(license)].filter((moment) => moment.at <= now && isNew(moment));
  const happened = passed.filter(({ kind }) => kind !== 'reminder');
  return happened.length > 0 ? happened : passed.slice(-1);
}
