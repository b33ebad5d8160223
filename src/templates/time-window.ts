import { LRUCache } from 'lru-cache';

const WEEKDAYS = ['Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat', 'Sun'];
const FORM =
  /^((?:Mon|Tue|Wed|Thu|Fri|Sat|Sun)(?:[,-](?:Mon|Tue|Wed|Thu|Fri|Sat|Sun))*) (\d{2}):(\d{2})-(\d{2}):(\d{2}) (\S+)$/;
const DAY_MINUTES = 24 * 60;

/** Hours of the week in a time zone; minutes count from midnight, on the clock of that zone. */
export interface TimeWindow {
  /** By number: Monday is 0. */
  readonly days: ReadonlySet<number>;
  readonly from: number;
  /** Exclusive. Not after `from`: the window ends on the next day. */
  readonly to: number;
  readonly zone: string;
}

/**
 * `Mon-Fri 09:00-18:00 Europe/Berlin`: days as a list, a range or both, hours from (inclusive) to (exclusive), and a time
 * zone of the IANA database. 24:00 is midnight at the end. Undefined for what has another form.
 */
export function parseTimeWindow(value: string): TimeWindow | undefined {
  const [, days = '', fromHour, fromMinute, toHour, toMinute, zone = ''] = FORM.exec(value) ?? [];
  const from = minutes(fromHour, fromMinute);
  const to = minutes(toHour, toMinute);
  const numbers = daysIn(days);
  if (!numbers || from === undefined || to === undefined || from === DAY_MINUTES || from === to) return undefined;
  return isTimeZone(zone) ? { days: numbers, from, to, zone } : undefined;
}

/** A window over midnight belongs to the day it begins on. */
export function isWithin({ days, from, to, zone }: TimeWindow, now: Date): boolean {
  const { day, minute } = clockOf(zone).at(now);
  if (from < to) return days.has(day) && minute >= from && minute < to;
  const yesterday = (day + 6) % 7;
  return (days.has(day) && minute >= from) || (days.has(yesterday) && minute < to);
}

/** More windows are not searched for an opening: each costs several readings of a clock. */
const MAX_SEARCHED = 10;
const WEEK_MINUTES = 7 * DAY_MINUTES;
const MINUTE_MS = 60_000;

/** Lists of windows that are judged together: an allowed time is in none of `deny`, and in one of `allow` if there are any. */
export interface Hours {
  readonly allow: readonly TimeWindow[];
  readonly deny: readonly TimeWindow[];
}

/** The first allowed time within a week from a time that is not. Undefined where there is none, or too much to search. */
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

/** When the clock of a zone next shows this minute of the week. Undefined where summer time leaves it out. */
function nextAt(zone: string, minuteOfWeek: number, now: Date): Date | undefined {
  const clock = clockOf(zone);
  const target = minuteOfWeek % WEEK_MINUTES;
  const read = (at: Date) => clock.at(at).day * DAY_MINUTES + clock.at(at).minute;
  const wait = (target - read(now) + WEEK_MINUTES) % WEEK_MINUTES || WEEK_MINUTES;
  const guess = Math.floor(now.getTime() / MINUTE_MS) * MINUTE_MS + wait * MINUTE_MS;
  // An offset that changes meanwhile shifts the guess by less than half a week.
  const off = ((target - read(new Date(guess)) + 1.5 * WEEK_MINUTES) % WEEK_MINUTES) - WEEK_MINUTES / 2;
  const time = new Date(guess + off * MINUTE_MS);
  return time > now && read(time) === target ? time : undefined;
}

function minutes(hour = '', minute = ''): number | undefined {
  const total = Number(hour) * 60 + Number(minute);
  return hour !== '' && Number(minute) < 60 && total <= DAY_MINUTES ? total : undefined;
}

/** `Fri-Mon` goes on over Sunday. */
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

/** Reads the time of a zone, whose offset changes at whole minutes alone, so that the last minute need not be read again. */
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
 * A formatter costs far more to make than to use. Names of zones do not depend on capitals, so one entry serves every spelling; the
 * IANA database has some 600 names, and what a tenant uses beyond them displaces what nobody uses.
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
