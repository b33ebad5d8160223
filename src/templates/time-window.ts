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
