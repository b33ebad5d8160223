/** Days as date fields have them, in the time zone of the person; instants as the API has them. */

/** Returns the first instant of a day. */
export function startOfDay(day: string): string {
  return new Date(`${day}T00:00`).toISOString();
}

/** Returns the last second of a day. */
export function endOfDay(day: string): string {
  return new Date(`${day}T23:59:59`).toISOString();
}

/** Returns the day of an instant; empty if there is none. */
export function dayOf(at: string | null): string {
  return at === null ? '' : new Date(at).toLocaleDateString('sv');
}
