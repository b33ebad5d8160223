const DAY_MS = 24 * 60 * 60 * 1000;

/** The last moment that ISO 8601 writes with four digits of a year. */
const LATEST = new Date('9999-12-31T23:59:59.999Z');

export function addDays(time: Date, days: number): Date {
  return new Date(time.getTime() + days * DAY_MS);
}

/** Calendar months in UTC. Where the month has no such day, its last one: 31 January and a month is 28 or 29 February. */
export function addMonths(time: Date, months: number): Date {
  const moved = new Date(time);
  moved.setUTCMonth(time.getUTCMonth() + months);
  // The day did not exist and ran over into the next month: day 0 is the last of the one before.
  if (moved.getUTCDate() !== time.getUTCDate()) moved.setUTCDate(0);
  return moved;
}

/** Whole days, the begun one counted. */
export function daysUntil(time: Date, now: Date): number {
  return Math.ceil((time.getTime() - now.getTime()) / DAY_MS);
}

export function later(one: Date, other: Date): Date {
  return one > other ? one : other;
}

/** Whether a time can be written in every format that it is sent in. */
export function isWritable(time: Date): boolean {
  return time <= LATEST;
}
