import { addDays } from './calendar.js';
import type { License } from './license.entity.js';

/** Days before the expiry on which a reminder is due. */
const REMINDERS = [30, 14, 7, 1] as const;

/** A license that renews itself does so this long before it would expire, so that it is never seen expired. */
const AUTO_RENEWAL_LEAD_MS = 60 * 60 * 1000;

export type DueKind = 'reminder' | 'renewal' | 'expiry' | 'grace_end';

/** A moment at which time does something to a license. */
export interface Moment {
  readonly kind: DueKind;
  readonly at: Date;
}

/** In order; none for a license that never expires. */
export function momentsOf(license: License): Moment[] {
  const { expiryDate, graceEndsAt, renewsItself } = license;
  if (expiryDate === null || graceEndsAt === null) return [];
  const reminders = REMINDERS.map((days) => ({ kind: 'reminder' as const, at: addDays(expiryDate, -days) }));
  if (renewsItself) {
    return [...reminders, { kind: 'renewal', at: new Date(expiryDate.getTime() - AUTO_RENEWAL_LEAD_MS) }];
  }
  const expiry = { kind: 'expiry' as const, at: expiryDate };
  const graceEnd = { kind: 'grace_end' as const, at: graceEndsAt };
  return [...reminders, expiry, ...(graceEndsAt > expiryDate ? [graceEnd] : [])];
}

/** The first moment after this one; null when there is none. */
export function nextDueAt(license: License, now: Date): Date | null {
  return momentsOf(license).find(({ at }) => at > now)?.at ?? null;
}

/**
 * What happened since the earliest moment that is not yet in the log, and is to be told: of reminders the latest alone, and
 * none once the license has expired or renews itself right now. Nothing happens to what is suspended or revoked.
 */
export function dueEvents(license: License, now: Date): Moment[] {
  const since = license.nextDueAt;
  if (license.status !== 'ACTIVE' || since === null) return [];
  const passed = momentsOf(license).filter(({ at }) => at >= since && at <= now);
  const happened = passed.filter(({ kind }) => kind !== 'reminder');
  return happened.length > 0 ? happened : passed.slice(-1);
}
