import { addDays } from './calendar.js';
import type { License } from './license.entity.js';

/** Days before the expiry on which a reminder is due. */
const REMINDERS = [30, 14, 7, 1] as const;

/** So long before it would expire, so that it stands in the row before any list by expiry or status misses it. */
const AUTO_RENEWAL_LEAD_MS = 60 * 60 * 1000;

export type DueKind = 'reminder' | 'renewal' | 'expiry' | 'grace_end';

/** A moment at which time does something to a license. */
export interface Moment {
  readonly kind: DueKind;
  readonly at: Date;
}

/** In order; none for a license that never expires. */
export function momentsOf(license: License): Moment[] {
  const { expiryDate, renewsItself } = license;
  if (expiryDate === null) return [];
  const reminders = REMINDERS.map((days) => ({ kind: 'reminder' as const, at: addDays(expiryDate, -days) }));
  if (renewsItself) return [...reminders, { kind: 'renewal', at: renewalDueAt(expiryDate) }];
  const expiry = { kind: 'expiry' as const, at: expiryDate };
  const graceEndsAt = license.graceEndsAt(expiryDate) ?? expiryDate;
  return [...reminders, expiry, ...(graceEndsAt > expiryDate ? [{ kind: 'grace_end' as const, at: graceEndsAt }] : [])];
}

/** When a license that renews itself does so. */
export function renewalDueAt(expiryDate: Date): Date {
  return new Date(expiryDate.getTime() - AUTO_RENEWAL_LEAD_MS);
}

/** The first moment after this one; null when there is none. A renewal stays due until it is done. */
export function nextDueAt(license: License, now: Date): Date | null {
  return momentsOf(license).find(({ kind, at }) => kind === 'renewal' || at > now)?.at ?? null;
}

/**
 * What happened since the earliest moment that is not yet in the log, and is to be told: of reminders the latest alone, and
 * none once the license has expired or renews itself right now. Nothing happens to what is suspended or revoked.
 */
export function dueEvents(license: License, now: Date): Moment[] {
  const since = license.nextDueAt;
  if (license.status !== 'ACTIVE') return [];
  // A renewal is due until it is done.
  const isNew = ({ kind, at }: Moment) => kind === 'renewal' || (since !== null && at >= since);
  const passed = momentsOf(license).filter((moment) => moment.at <= now && isNew(moment));
  const happened = passed.filter(({ kind }) => kind !== 'reminder');
  return happened.length > 0 ? happened : passed.slice(-1);
}
