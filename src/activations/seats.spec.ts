import { describe, expect, it } from '@jest/globals';
import fc from '../../test/support/property.js';
import { LicenseModel, LicenseType } from '../templates/index.js';
import { seatsAfterEach } from './ended-leases.js';
import { seatLimit, seatsInUse, seatMetric, type SeatPolicy } from './seats.js';

const terms = (change: Partial<SeatPolicy>): SeatPolicy => ({
  licenseType: 'SUBSCRIPTION',
  licenseModel: 'PER_SEAT',
  maxActivations: 5,
  overagePolicy: 'DENY',
  overageFactor: null,
  evictionPolicy: 'NONE',
  ...change,
});

describe('what counts as a seat', () => {
  it.each(LicenseModel.options)(
    'is the lease of a CONCURRENT and the user of a NAMED_USER license, also %s',
    (licenseModel) => {
      expect(seatMetric({ licenseType: 'CONCURRENT', licenseModel })).toBe('activations');
      expect(seatMetric({ licenseType: 'NAMED_USER', licenseModel })).toBe('users');
      expect(seatLimit(terms({ licenseType: 'CONCURRENT', licenseModel }))).toBe(5);
      expect(seatLimit(terms({ licenseType: 'NAMED_USER', licenseModel }))).toBe(5);
    },
  );

  it.each(LicenseType.options.filter((type) => type !== 'CONCURRENT' && type !== 'NAMED_USER'))(
    'is decided by the model of a %s license',
    (licenseType) => {
      const counted = LicenseModel.options.map((licenseModel) => [
        licenseModel,
        seatMetric({ licenseType, licenseModel }),
        seatLimit(terms({ licenseType, licenseModel })),
      ]);
      expect(counted).toEqual([
        ['PER_SEAT', 'activations', 5],
        ['PER_DEVICE', 'activations', 5],
        ['PER_CPU', 'units', 5],
        ['PER_CORE', 'units', 5],
        ['SITE_LICENSE', 'activations', null],
        ['ENTERPRISE', 'activations', null],
      ]);
    },
  );

  it('is summed up accordingly', () => {
    const counts = { activations: 3, units: 24, users: 2 };
    expect(seatsInUse(terms({}), counts)).toBe(3);
    expect(seatsInUse(terms({ licenseModel: 'PER_CORE' }), counts)).toBe(24);
    expect(seatsInUse(terms({ licenseType: 'NAMED_USER' }), counts)).toBe(2);
  });
});

describe('the limit', () => {
  it('is none where max_activations is null', () => {
    expect(seatLimit(terms({ maxActivations: null }))).toBeNull();
    expect(seatLimit(terms({ maxActivations: null, overagePolicy: 'ALLOW', overageFactor: 2 }))).toBeNull();
  });

  it.each([
    [100, 1.15, 115],
    [10, 1.1, 11],
    [5, 1.5, 7],
    [1, 1.99, 1],
    [3, 10, 30],
  ])('of %i with an overage of %d is %i, rounded down and exact', (maxActivations, overageFactor, limit) => {
    expect(seatLimit(terms({ maxActivations, overagePolicy: 'ALLOW', overageFactor }))).toBe(limit);
  });

  it('is never lower with an overage, and ignores a factor that is not allowed', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 1_000_000 }), fc.integer({ min: 100, max: 1_000 }), (max, hundredths) => {
        const given = { maxActivations: max, overageFactor: hundredths / 100 };
        expect(seatLimit(terms({ ...given, overagePolicy: 'ALLOW' }))).toBe(Math.floor((max * hundredths) / 100));
        expect(seatLimit(terms(given))).toBe(max);
      }),
    );
  });
});

describe('the seats after each of the leases that have ended', () => {
  const lease = (activationId: string, userId: string | null, units: number, end: number) => ({
    activationId,
    userId,
    units,
    endedAt: new Date(end),
  });
  const ended = [lease('d', 'x', 4, 30), lease('a', 'x', 1, 10), lease('c', null, 3, 20), lease('b', 'y', 2, 20)];

  it.each([
    ['activations', [4, 3, 2, 1]],
    ['units', [17, 15, 12, 8]],
    // The last device of x frees a seat, and none of y, who has another one.
    ['users', [4, 4, 3, 2]],
  ] as const)('count %s', (metric, inUse) => {
    const left = { activations: 1, units: 8, users: 2, holders: ['y'] };
    const steps = seatsAfterEach(ended, metric, left);
    expect(steps.map((step) => step.lease.activationId)).toEqual(['a', 'b', 'c', 'd']);
    expect(steps.map((step) => step.inUse)).toEqual(inUse);
  });
});
