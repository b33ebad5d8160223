import { describe, expect, it } from '@jest/globals';
import fc from '../../test/support/property.js';
import { addDays, addMonths, isLastDayOfMonth, isRepresentable } from './calendar.js';

const plusMonths = (time: string, months: number) => addMonths(new Date(time), months).toISOString();

describe('calendar months', () => {
  it.each([
    ['2026-01-31T10:00:00.000Z', 1, '2026-02-28T10:00:00.000Z'],
    ['2028-01-31T10:00:00.000Z', 1, '2028-02-29T10:00:00.000Z'],
    ['2028-02-29T23:59:59.999Z', 12, '2029-02-28T23:59:59.999Z'],
    ['2026-03-31T00:00:00.000Z', 6, '2026-09-30T00:00:00.000Z'],
    ['2026-11-30T00:00:00.000Z', 3, '2027-02-28T00:00:00.000Z'],
    ['2026-12-15T00:00:00.000Z', 12, '2027-12-15T00:00:00.000Z'],
    ['2026-02-28T12:00:00.000Z', 1200, '2126-02-28T12:00:00.000Z'],
  ])('from %s, %d of them, end on %s', (time, months, expected) => {
    expect(plusMonths(time, months)).toBe(expected);
  });

  it.each([
    ['2026-02-28T10:00:00.000Z', 31, '2026-03-31T10:00:00.000Z'],
    ['2026-04-30T10:00:00.000Z', 31, '2026-05-31T10:00:00.000Z'],
    ['2028-01-31T10:00:00.000Z', 30, '2028-02-29T10:00:00.000Z'],
  ])('from %s, one of them, return to day %d: %s', (time, day, expected) => {
    expect(addMonths(new Date(time), 1, day).toISOString()).toBe(expected);
  });

  it('have a last day', () => {
    const days = ['2026-02-28', '2028-02-28', '2028-02-29', '2026-04-30', '2026-05-30'];
    expect(days.map((day) => isLastDayOfMonth(new Date(`${day}T23:59:59.999Z`)))).toEqual([
      true,
      false,
      true,
      true,
      false,
    ]);
  });

  it('always lead into the month that was meant, at the same time of day, on the same day or the last', () => {
    const times = fc.date({ min: new Date('1970-01-01'), max: new Date('2200-01-01'), noInvalidDate: true });
    fc.assert(
      fc.property(times, fc.integer({ min: 1, max: 1200 }), (time, months) => {
        const moved = addMonths(time, months);
        const month = time.getUTCMonth() + months;
        expect([moved.getUTCFullYear(), moved.getUTCMonth()]).toEqual([
          time.getUTCFullYear() + Math.floor(month / 12),
          month % 12,
        ]);
        expect(moved.getTime() % 86_400_000).toBe(time.getTime() % 86_400_000);
        const sameDay = moved.getUTCDate() === time.getUTCDate();
        expect(sameDay || addDays(moved, 1).getUTCDate() === 1).toBe(true);
      }),
    );
  });
});

it('the year 9999 is the last that can be written', () => {
  expect(isRepresentable(new Date('9999-12-31T23:59:59.999Z'))).toBe(true);
  expect(isRepresentable(new Date('+010000-01-01T00:00:00.000Z'))).toBe(false);
});
