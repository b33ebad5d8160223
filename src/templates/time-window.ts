import { LRUCache } from 'lru-cache';

const WEEKDAYS = ['Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat', 'Sun'];
const FORM =
  /^((?:Mon|Tue|Wed|Thu|Fri|Sat|Sun)(?:[,-](?:Mon|Tue|Wed|Thu|Fri|Sat|Sun))*) (\d{2}):(\d{2})-(\d{2}):(\d{2}) (\S+)$/;
const DAY_MINUTES = 24 * 60;

/** Hours of the week in a time zone; minutes count from midnight on the clock of that zone. */
export interface TimeWindow {
  /** Days by number, Monday is 0. */
  readonly days: ReadonlySet<number>;
  readonly from: number;
  /** End, exclusive. If not after `from`, the window ends on the next day. */
  readonly to: number;
  readonly zone: string;
}

/**
 * Parses `Mon-Fri 09:00-18:00 Europe/Berlin`: days (list, ranges), begin (inclusive) and end (exclusive), IANA time zone. 24:00 is
 * midnight at the end. Undefined for any other form.
 */
export function parseTimeWindow(value: string): TimeWindow | undefined {
  const [, days = '', fromHour, fromMinute, toHour, toMinute, zone = ''] = FORM.exec(value) ?? [];
  const from = minutes(fromHour, fromMinute);
  const to = minutes(toHour, toMinute);
  const numbers = daysIn(days);
  if (!numbers || from === undefined || to === undefined || from === DAY_MINUTES || from === to) return undefined;
  return isTimeZone(zone) ? { days: numbers, from, to, zone } : undefined;
}

/** Returns whether the time is in the window. A window over midnight belongs to the day on which it begins. */
export function isWithin({ days, from, to, zone }: TimeWindow, now: Date): boolean {
  const { day, minute } = clockOf(zone).at(now);
  if (from < to) return days.has(day) && minute >= from && minute < to;
  const yesterday = (day + 6) % 7;
  return (days.has(day) && minute >= from) || (days.has(yesterday) && minute < to);
}

/** Most windows to search for an opening: each costs several clock readings. */
const MAX_SEARCHED = 10;
const WEEK_MINUTES = 7 * DAY_MINUTES;
const MINUTE_MS = 60_000;

/** Windows that are evaluated together: an allowed time is in none of `deny`, and in one of `allow` unless it is empty. */
export interface Hours {
  readonly allow: readonly TimeWindow[];
  readonly deny: readonly TimeWindow[];
}

/** Returns the first allowed time within a week after a denied time. Undefined if there is none or the search is too expensive. */
export function nextOpening({ allow, deny }: Hours, now: Date): Date | undefined {
  if (allow.length + deny.length > MAX_SEARCHED) return undefined;
  const isAllowed = (at: Date) =>
    !deny.some((window) => isWithin(window, at)) &&
    (allow.length === 0 || allow.some((window) => isWithin(window, at)));
  const changes = [
    ...allow.flatMap((window) => startsOf(window, now)),
    ...deny.flatMap((window) => endsOf(window, now)),
  ];
  return changes.sort((a, b) => a.getTime() - b.getTime()).find(isAllowed);
}

function startsOf({ days, from, zone }: TimeWindow, now: Date): Date[] {
  return [...days].flatMap((day) => nextAt(zone, day * DAY_MINUTES + from, now) ?? []);
}

function endsOf({ days, from, to, zone }: TimeWindow, now: Date): Date[] {
  const end = from < to ? to : to + DAY_MINUTES;
  return [...days].flatMap((day) => nextAt(zone, day * DAY_MINUTES + end, now) ?? []);
}

/** Returns the next time at which the zone's clock shows this minute of the week. Undefined if daylight saving time skips it. */
function nextAt(zone: string, minuteOfWeek: number, now: Date): Date | undefined {
  const clock = clockOf(zone);
  const target = minuteOfWeek % WEEK_MINUTES;
  const read = (at: Date) => clock.at(at).day * DAY_MINUTES + clock.at(at).minute;
  const wait = (target - read(now) + WEEK_MINUTES) % WEEK_MINUTES || WEEK_MINUTES;
  const guess = Math.floor(now.getTime() / MINUTE_MS) * MINUTE_MS + wait * MINUTE_MS;
  // A change of the offset shifts the guess by less than half a week.
  const offset = ((target - read(new Date(guess)) + 1.5 * WEEK_MINUTES) % WEEK_MINUTES) - WEEK_MINUTES / 2;
  const time = new Date(guess + offset * MINUTE_MS);
  return time > now && read(time) === target ? time : undefined;
}

function minutes(hour = '', minute = ''): number | undefined {
  const total = Number(hour) * 60 + Number(minute);
  return hour !== '' && Number(minute) < 60 && total <= DAY_MINUTES ? total : undefined;
}

/** Returns the day numbers of a list. `Fri-Mon` continues over Sunday. */
function daysIn(list: string): Set<number> | undefined {
  const days = new Set<number>();
  for (const part of list.split(',')) {
    const ends = part.split('-').map((name) => WEEKDAYS.indexOf(name));
    const [first = -1, last = first] = ends;
    if (first < 0 || last < 0 || ends.length > 2) return undefined;
    for (let day = first; ; day = (day + 1) % 7) {
      days.add(day);
      if (day === last) break;
    }
  }
  return days;
}

function isTimeZone(zone: string): boolean {
  try {
    clockOf(zone);
    return true;
  } catch {
    return false;
  }
}

interface WallClock {
  readonly day: number;
  readonly minute: number;
}

/** Clock of a zone. Offsets change at whole minutes only, so a reading is reused within its minute. */
class ZoneClock {
  private minute: number | undefined;
  private time: WallClock = { day: 0, minute: 0 };

  constructor(private readonly format: Intl.DateTimeFormat) {}

  at(now: Date): WallClock {
    const minute = Math.floor(now.getTime() / 60_000);
    if (minute !== this.minute) [this.minute, this.time] = [minute, this.read(now)];
    return this.time;
  }

  private read(now: Date): WallClock {
    const parts = new Map(this.format.formatToParts(now).map(({ type, value }) => [type, value]));
    const day = WEEKDAYS.indexOf(parts.get('weekday') ?? '');
    return { day, minute: Number(parts.get('hour')) * 60 + Number(parts.get('minute')) };
  }
}

/**
 * Clocks by zone in lower case, because creating a formatter costs far more than using it. The IANA database has about 600 names; unused
 * ones are evicted first.
 */
const clocks = new LRUCache<string, ZoneClock>({ max: 1_000 });

/** Throws RangeError for a zone that does not exist. */
function clockOf(zone: string): ZoneClock {
  const key = zone.toLowerCase();
  const known = clocks.get(key);
  if (known) return known;
  const format = new Intl.DateTimeFormat('en-GB', {
    timeZone: zone,
    weekday: 'short',
    hour: '2-digit',
    minute: '2-digit',
    hourCycle: 'h23',
  });
  const clock = new ZoneClock(format);
  clocks.set(key, clock);
  return clock;
}
