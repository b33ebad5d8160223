import { describe, expect, it } from '@jest/globals';
import fc from '../../test/support/property.js';
import { addDays } from './calendar.js';
import { dueMilestones, milestonesOf, nextDueAt } from './license-milestones.js';
import { License } from './license.entity.js';
import { applyDueMilestones } from './lifecycle/apply-due-milestones.js';

const ISSUED = new Date('2026-01-01T00:00:00.000Z');
const day = (days: number) => addDays(ISSUED, days);

function license(fields: Partial<License> = {}): License {
  const result = Object.assign(new License(), {
    tenantId: 'tenant-1',
    licenseId: 'l-1',
    status: 'ACTIVE',
    issuedDate: ISSUED,
    expiryDate: day(100),
    maintenanceExpiry: day(100),
    defaultDuration: 100,
    gracePeriodDays: 10,
    autoRenewalEnabled: false,
    trial: false,
    editedTerms: [],
    version: 1,
    ...fields,
  });
  result.nextDueAt = 'nextDueAt' in fields ? fields.nextDueAt! : nextDueAt(result, ISSUED);
  return result;
}

/** Event types and `days_left` that applyDueMilestones returns after each number of days. */
const eventsAt = (item: License, days: readonly number[]) =>
  days.map((at) =>
    applyDueMilestones(item, day(at)).map(({ type, data }) => [type.replace('license.', ''), data.days_left ?? '']),
  );

describe('time', () => {
  it('reminds 30, 14, 7 and 1 days before, expires, and ends the grace: each once, when it is looked at every day', () => {
    const recorded = eventsAt(
      license(),
      Array.from({ length: 130 }, (_, at) => at),
    ).flatMap((events, at) => events.map(([type, left]) => [at, type, left]));
    expect(recorded).toEqual([
      [70, 'renewal_due', 30],
      [86, 'renewal_due', 14],
      [93, 'renewal_due', 7],
      [99, 'renewal_due', 1],
      [100, 'expired', ''],
      [110, 'grace_ended', ''],
    ]);
  });

  it('tells after 40 days of silence what happened, and of reminders the latest alone', () => {
    expect(eventsAt(license(), [60, 95])).toEqual([[], [['renewal_due', 5]]]);
    expect(eventsAt(license(), [65, 105])).toEqual([[], [['expired', '']]]);
    expect(eventsAt(license(), [75, 115])).toEqual([
      [['renewal_due', 25]],
      [
        ['expired', ''],
        ['grace_ended', ''],
      ],
    ]);
    expect(eventsAt(license(), [105, 145])).toEqual([[['expired', '']], [['grace_ended', '']]]);
  });

  it('gives no reminder of a term that is shorter than that', () => {
    expect(eventsAt(license({ expiryDate: day(5) }), [0, 3, 4])).toEqual([[], [], [['renewal_due', 1]]]);
  });

  it('renews what renews itself before it is seen expired, and goes on for ever', () => {
    const item = license({ autoRenewalEnabled: true });
    const hour = 1 / 24;
    expect(eventsAt(item, [99, 100 - 2 * hour, 100 - hour])).toEqual([[['renewal_due', 1]], [], [['renewed', '']]]);
    expect([item.expiryDate, item.version, item.maintenanceExpiry]).toEqual([day(200), 2, day(200)]);
    expect(eventsAt(item, [200 - hour])).toEqual([[['renewed', '']]]);
    expect(item.expiryDate).toEqual(day(300));
  });

  it('tells once of the terms that it was too late for, and writes down what was read meanwhile', () => {
    const item = license({ autoRenewalEnabled: true });
    const read = item.expiryAt(day(450));
    expect(eventsAt(item, [450, 450])).toEqual([[['renewed', '']], []]);
    expect([item.expiryDate, read]).toEqual([day(500), day(500)]);
  });

  it('renews also what is set to renew itself in the last hour', () => {
    const item = license();
    const lastMinute = addDays(day(100), -1 / 1_440);
    applyDueMilestones(item, lastMinute);
    item.edit({ auto_renewal_enabled: true }, lastMinute);
    expect(item.expiryAt(lastMinute)).toEqual(day(200));
    expect(applyDueMilestones(item, lastMinute).map(({ type }) => type)).toEqual(['license.renewed']);
    expect([item.expiryDate, item.nextDueAt]).toEqual([day(200), day(170)]);
  });

  it.each([null, day(110)])('renews also what was passed over, where it is next due %s', (next) => {
    const item = license({ autoRenewalEnabled: true, nextDueAt: next });
    expect(eventsAt(item, [150])).toEqual([[['renewed', '']]]);
    expect([item.expiryDate, item.nextDueAt]).toEqual([day(200), day(170)]);
  });

  it('reads what renews itself the same, whenever and however often it is written down', () => {
    const terms = fc.record({
      expiryDate: fc.integer({ min: 1, max: 200 }).map(day),
      defaultDuration: fc.integer({ min: 1, max: 100 }),
      gracePeriodDays: fc.integer({ min: 0, max: 60 }),
      // Days of the first term, where the license starts later than at its issue: also fewer than the hour in which it is renewed.
      firstTerm: fc.option(fc.double({ min: 0.001, max: 1, noNaN: true }), { nil: undefined }),
    });
    const looks = fc.array(fc.double({ min: 0, max: 500, noNaN: true }), { minLength: 1, maxLength: 20 });
    fc.assert(
      fc.property(terms, looks, ({ firstTerm, ...fields }, days) => {
        const { expiryDate } = fields;
        const startsAt = firstTerm === undefined ? null : addDays(expiryDate, -firstTerm);
        const [kept, untouched] = [1, 2].map(() =>
          license({ ...fields, startsAt, autoRenewalEnabled: true, maintenanceExpiry: expiryDate }),
        );
        const looked = [...days].sort((a, b) => a - b).map(day);
        for (const at of [
          ...looked.filter((time) => startsAt && time < startsAt),
          startsAt ? addDays(startsAt, -1e-5) : [],
        ].flat()) {
          expect(applyDueMilestones(kept!, at)).toEqual([]);
          expect([kept!.stateAt(at), kept!.expiryAt(at), kept!.expiryDate]).toEqual(['PENDING', null, expiryDate]);
          expect(kept!.nextDueAt).toEqual(startsAt);
        }
        for (const at of looked.filter((time) => !startsAt || time >= startsAt)) {
          expect(kept!.expiryAt(at)).toEqual(untouched!.expiryAt(at));
          applyDueMilestones(kept!, at);
          expect([kept!.expiryDate, kept!.maintenanceExpiry]).toEqual([
            untouched!.expiryAt(at),
            untouched!.expiryAt(at),
          ]);
          expect([kept!.statusAt(at), untouched!.statusAt(at)]).toEqual(['ACTIVE', 'ACTIVE']);
          expect(kept!.nextDueAt! > at).toBe(true);
        }
      }),
    );
  });

  it('ends a trial, without grace and without renewing it', () => {
    expect(eventsAt(license({ trial: true, autoRenewalEnabled: true }), [120])).toEqual([[['expired', '']]]);
  });

  it('ends what would renew itself past the year 9999', () => {
    const expiryDate = new Date('9999-12-01T00:00:00.000Z');
    const item = license({ autoRenewalEnabled: true, expiryDate, gracePeriodDays: 0 });
    expect(item.autoRenews).toBe(false);
    expect(applyDueMilestones(item, expiryDate).map(({ type }) => type)).toEqual(['license.expired']);
  });

  it('does nothing to what never expires, nor to what is suspended or revoked, and makes up for it at the end of a suspension', () => {
    expect(eventsAt(license({ expiryDate: null }), [1_000])).toEqual([[]]);
    for (const status of ['SUSPENDED', 'REVOKED'] as const) expect(eventsAt(license({ status }), [105])).toEqual([[]]);
    const item = license();
    item.suspend(day(95));
    expect(eventsAt(item, [105])).toEqual([[]]);
    item.reinstate(day(106));
    expect(eventsAt(item, [107])).toEqual([[['expired', '']]]);
  });

  it('looks at once at licenses that an earlier release issued', () => {
    expect(eventsAt(license({ nextDueAt: new Date(0) }), [20, 20])).toEqual([[], []]);
    expect(eventsAt(license({ nextDueAt: new Date(0) }), [80, 80])).toEqual([[['renewal_due', 20]], []]);
    expect(eventsAt(license({ nextDueAt: new Date(0) }), [300, 300])).toEqual([
      [
        ['expired', ''],
        ['grace_ended', ''],
      ],
      [],
    ]);
  });

  it('says the same in sum, but for reminders, whenever it is looked at', () => {
    const looks = fc.array(fc.integer({ min: 0, max: 400 }), { maxLength: 20 });
    const terms = fc.record({
      expiryDate: fc.integer({ min: 1, max: 200 }).map(day),
      gracePeriodDays: fc.integer({ min: 0, max: 60 }),
      trial: fc.boolean(),
    });
    fc.assert(
      fc.property(terms, looks, (fields, days) => {
        const sorted = [...days, 400].sort((a, b) => a - b);
        const recorded = eventsAt(license(fields), sorted).flat();
        const ended = recorded.map(([type]) => type).filter((type) => type !== 'renewal_due');
        const grace = fields.trial || fields.gracePeriodDays === 0 ? [] : ['grace_ended'];
        expect(ended).toEqual(['expired', ...grace]);
        expect(recorded.length - ended.length).toBeLessThanOrEqual(4);
      }),
    );
  });

  it('has its moments in order', () => {
    for (const autoRenewalEnabled of [true, false]) {
      const moments = [...milestonesOf(license({ autoRenewalEnabled }))].map(({ at }) => at.getTime());
      expect(moments).toEqual([...moments].sort((a, b) => a - b));
    }
    expect(dueMilestones(license({ nextDueAt: null }), day(500))).toEqual([]);
  });

  it('is looked at again as if nobody had looked at it by a clock that was ahead', () => {
    for (const autoRenewalEnabled of [false, true]) {
      const item = license({ autoRenewalEnabled });
      item.scheduleNext(day(5_000));
      expect(eventsAt(item, [20])).toEqual([[]]);
      expect(item.nextDueAt).toEqual(nextDueAt(license({ autoRenewalEnabled }), day(20)));
    }
  });
});
