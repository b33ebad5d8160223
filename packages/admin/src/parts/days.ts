/** Days as date fields have them, in the time zone of the person; instants as the API has them. */

/** Returns the first instant of a day. */
export function startOfDay(day: string): string {
  return toInstant(`${day}T00:00`);
}

/** Returns the last second of a day. */
export function endOfDay(day: string): string {
  return toInstant(`${day}T23:59:59`);
}

/** Years have four digits: engines read other texts, too, each in its own way. */
const DAY = /^\d{4}-\d\d-\d\d/;

/** Returns the instant of a day and time. Text that is none stays as it is, so that the server says which field is wrong. */
export function toInstant(time: string): string {
  const at = new Date(time);
  return !DAY.test(time) || Number.isNaN(at.getTime()) ? time : at.toISOString();
}

/** Returns the day of an instant; empty if there is none. */
export function dayOf(at: string | null): string {
  return at === null ? '' : new Date(at).toLocaleDateString('sv');
}
