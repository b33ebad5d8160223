import type { Term } from '../templates/index.js';

const DAY_MS = 24 * 60 * 60 * 1000;

/** Latest time with a four-digit year in ISO 8601. */
const MAX_TIME = new Date('9999-12-31T23:59:59.999Z');

export function addDays(time: Date, days: number): Date {
  return new Date(time.getTime() + days * DAY_MS);
}

/** Adds calendar months in UTC. If the target month has no such day, its last day: 31 January plus one month is 28 or 29 February. */
export function addMonths(time: Date, months: number, day = time.getUTCDate()): Date {
  const moved = new Date(time);
  // Day 0 is the last day of the previous month.
  moved.setUTCMonth(time.getUTCMonth() + months + 1, 0);
  moved.setUTCDate(Math.min(day, moved.getUTCDate()));
  return moved;
}

/** Returns the calendar months of a term; undefined if it counts days. */
export function monthsOf({ months, years }: Term): number | undefined {
  return years === undefined ? months : years * 12;
}

/** Returns the end of a term that begins at `time`; one of months ends on this day of the month, or the last. */
export function addTerm(time: Date, term: Term, day?: number): Date {
  const months = monthsOf(term);
  return months === undefined ? addDays(time, term.days ?? 0) : addMonths(time, months, day);
}

export function isLastDayOfMonth(time: Date): boolean {
  return addDays(time, 1).getUTCDate() === 1;
}

/** Returns whole days, rounded up. */
export function daysUntil(time: Date, now: Date): number {
  return Math.ceil((time.getTime() - now.getTime()) / DAY_MS);
}

export function laterOf(one: Date, other: Date): Date {
  return one > other ? one : other;
}

/** Tells whether every wire format can represent the time. */
export function isRepresentable(time: Date): boolean {
  return time <= MAX_TIME;
}
