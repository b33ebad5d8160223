export const SOON_DAYS = [7, 30, 90] as const;

/** Begin of the day in so many days, in UTC, so that a view of a day has one address. */
export function dayFromNow(days: number): string {
  const day = new Date();
  day.setUTCHours(0, 0, 0, 0);
  day.setUTCDate(day.getUTCDate() + days);
  return day.toISOString();
}
