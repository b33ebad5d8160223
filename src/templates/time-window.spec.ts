import { describe, expect, it, jest } from '@jest/globals';
import { isWithin, nextOpening, parseTimeWindow } from './time-window.js';

const at = (window: string, time: string) => {
  const parsed = parseTimeWindow(window);
  if (!parsed) throw new Error(`${window} is no window`);
  return isWithin(parsed, new Date(time));
};

describe('a time window', () => {
  it.each([
    'Mon-Fri 09:00-18:00 Europe/Berlin',
    'Mon 00:00-24:00 UTC',
    'Sat,Sun 10:30-11:00 America/New_York',
    'Mon-Wed,Fri 08:00-12:00 Asia/Kolkata',
    'Fri-Mon 22:00-06:00 Europe/London',
  ])('is %s', (value) => {
    expect(parseTimeWindow(value)).toBeDefined();
  });

  it.each([
    '',
    'Mon-Fri 09:00-18:00',
    'Mon-Fri 09:00-18:00 Europe/Atlantis',
    'Mon-Fri 9:00-18:00 UTC',
    'Mon-Fri 09:00-25:00 UTC',
    'Mon-Fri 09:60-18:00 UTC',
    'Mon-Fri 24:00-06:00 UTC',
    'Mon-Fri 09:00-09:00 UTC',
    'Mon-Tue-Wed 09:00-18:00 UTC',
    'Montag 09:00-18:00 UTC',
    'mon 09:00-18:00 UTC',
  ])('is not "%s"', (value) => {
    expect(parseTimeWindow(value)).toBeUndefined();
  });

  it('begins with its first minute and ends before its last, on the clock of its zone, in winter and in summer', () => {
    const hours = 'Mon-Fri 09:00-18:00 Europe/Berlin';
    expect(at(hours, '2026-01-05T07:59:59.999Z')).toBe(false);
    expect(at(hours, '2026-01-05T08:00:00.000Z')).toBe(true);
    expect(at(hours, '2026-01-05T16:59:59.999Z')).toBe(true);
    expect(at(hours, '2026-01-05T17:00:00.000Z')).toBe(false);
    expect(at(hours, '2026-07-06T07:00:00.000Z')).toBe(true);
    expect(at(hours, '2026-07-06T16:00:00.000Z')).toBe(false);
    expect(at(hours, '2026-01-04T12:00:00.000Z')).toBe(false);
  });

  it('over midnight belongs to the day it begins on', () => {
    const night = 'Fri 22:00-06:00 UTC';
    expect(at(night, '2026-01-09T21:59:00Z')).toBe(false);
    expect(at(night, '2026-01-09T22:00:00Z')).toBe(true);
    expect(at(night, '2026-01-10T05:59:00Z')).toBe(true);
    expect(at(night, '2026-01-10T06:00:00Z')).toBe(false);
    expect(at(night, '2026-01-10T22:00:00Z')).toBe(false);
    expect(at(night, '2026-01-09T05:00:00Z')).toBe(false);
  });

  it('goes on over Sunday where the days do', () => {
    const long = 'Sat-Mon 00:00-24:00 UTC';
    const inside = ['2026-01-09', '2026-01-10', '2026-01-11', '2026-01-12', '2026-01-13'].map((day) =>
      at(long, `${day}T12:00:00Z`),
    );
    expect(inside).toEqual([false, true, true, true, false]);
  });

  it('knows the day of its own zone', () => {
    expect(at('Mon 00:00-24:00 Asia/Tokyo', '2026-01-04T15:00:00Z')).toBe(true);
    expect(at('Mon 00:00-24:00 Asia/Tokyo', '2026-01-05T15:00:00Z')).toBe(false);
  });

  it('costs one formatter a zone, however its name is spelled and whatever other names were used before', () => {
    const spelled = (zone: string, at: number) =>
      zone.replace(/[a-z]/gi, (letter, place: number) =>
        (at >> (place % 12)) & 1 ? letter.toUpperCase() : letter.toLowerCase(),
      );
    const made = jest.spyOn(Intl, 'DateTimeFormat');
    for (let at = 0; at < 3_000; at++) {
      expect(parseTimeWindow(`Mon 00:00-24:00 ${spelled('America/Argentina/Buenos_Aires', at)}`)).toBeDefined();
    }
    for (let round = 0; round < 10; round++)
      expect(at('Mon 00:00-24:00 Pacific/Chatham', '2026-01-05T00:00:00Z')).toBe(true);
    const count = made.mock.calls.length;
    made.mockRestore();
    expect(count).toBe(2);
  });

  it('reads the clock of a zone once a minute, for however many windows and validations', () => {
    const read = jest.spyOn(Intl.DateTimeFormat.prototype, 'formatToParts');
    for (let value = 0; value < 1_000; value++) at(`Mon 00:00-24:00 Europe/Madrid`, '2026-01-05T10:00:59.999Z');
    const count = read.mock.calls.length;
    read.mockRestore();
    expect(count).toBe(1);
  });
});

describe('the next opening', () => {
  const windows = (...values: string[]) => values.flatMap((value) => parseTimeWindow(value) ?? []);
  const opening = (allow: string[], deny: string[], now: string) =>
    nextOpening({ allow: windows(...allow), deny: windows(...deny) }, new Date(now))?.toISOString();

  it.each([
    ['on the same day', ['Mon-Fri 09:00-18:00 UTC'], [], '2026-11-23T07:30:30.500Z', '2026-11-23T09:00:00.000Z'],
    ['after the weekend', ['Mon-Fri 09:00-18:00 UTC'], [], '2026-11-27T18:00:00Z', '2026-11-30T09:00:00.000Z'],
    [
      'by the clock of the zone',
      ['Mon 09:00-18:00 Asia/Kolkata'],
      [],
      '2026-11-22T12:00:00Z',
      '2026-11-23T03:30:00.000Z',
    ],
    [
      'after summer time began',
      ['Mon 09:00-18:00 Europe/Berlin'],
      [],
      '2026-03-28T12:00:00Z',
      '2026-03-30T07:00:00.000Z',
    ],
    [
      'after summer time ended',
      ['Mon 09:00-18:00 Europe/Berlin'],
      [],
      '2026-10-24T12:00:00Z',
      '2026-10-26T08:00:00.000Z',
    ],
    ['at the end of what is denied', [], ['Mon 22:00-06:00 UTC'], '2026-11-23T23:00:00Z', '2026-11-24T06:00:00.000Z'],
    [
      'when no list denies it any more',
      ['Mon-Sun 08:00-20:00 UTC'],
      ['Mon-Sun 07:00-10:00 UTC'],
      '2026-11-23T07:30:00Z',
      '2026-11-23T10:00:00.000Z',
    ],
    ['a week later', ['Mon 09:00-10:00 UTC'], [], '2026-11-23T10:00:00Z', '2026-11-30T09:00:00.000Z'],
    ['never', ['Mon 09:00-10:00 UTC'], ['Mon-Sun 00:00-24:00 UTC'], '2026-11-23T10:00:00Z', undefined],
  ])('is %s', (_, allow, deny, now, expected) => {
    expect(opening(allow, deny, now)).toBe(expected);
  });

  it('is not searched in many windows', () => {
    const allow = Array.from({ length: 11 }, (_, hour) => `Mon ${String(hour + 10)}:00-23:00 UTC`);
    expect(opening(allow, [], '2026-11-23T07:00:00Z')).toBeUndefined();
  });
});
