const DAY_MS = 24 * 60 * 60 * 1000;

/** The last moment that ISO 8601 writes with four digits of a year. */
const MAX_TIME = new Date('9999-12-31T23:59:59.999Z');

export function addDays(time: Date, days: number): Date {
  return new Date(time.getTime() + days * DAY_MS);
}

/**
 * Calendar months in UTC, to this day of the month. Where the month has no such day, its last one: 31 January and a month is
 * 28 or 29 February.
 */
export function addMonths(time: Date, months: number, day = time.getUTCDate()): Date {
  const moved = new Date(time);
  // Day 0 is the last of the month before.
  moved.setUTCMonth(time.getUTCMonth() + months + 1, 0);
  moved.setUTCDate(Math.min(day, moved.getUTCDate()));
  return moved;
}

export function isLastDayOfMonth(time: Date): boolean {
  return addDays(time, 1).getUTCDate() === 1;
}

/** Whole days, the begun one counted. */
export function daysUntil(time: Date, now: Date): number {
  return Math.ceil((time.getTime() - now.getTime()) / DAY_MS);
}

export function laterOf(one: Date, other: Date): Date {
  return one > other ? one : other;
}

/** Whether a time can be written in every format that it is sent in. */
export function isRepresentable(time: Date): boolean {
  return time <= MAX_TIME;
}
