import { describe, expect, it } from '@jest/globals';
import fc from '../../test/support/property.js';
import { decideSeat, seatsRequired } from './seat-decision.js';
import { seatLimit, seatsInUse, type SeatPolicy } from './seats.js';

const terms = (change: Partial<SeatPolicy>): SeatPolicy => ({
  licenseType: 'SUBSCRIPTION',
  licenseModel: 'PER_SEAT',
  maxActivations: 5,
  overagePolicy: 'DENY',
  overageFactor: null,
  evictionPolicy: 'NONE',
  ...change,
});
const counts = (n: number) => ({ activations: n, units: n, users: n, sameUser: false });

describe('a device', () => {
  it('weighs its units where processors or cores are counted, and one seat elsewhere', () => {
    expect(seatsRequired(terms({ licenseModel: 'PER_CORE' }), { units: 16 }, counts(0))).toBe(16);
    expect(seatsRequired(terms({}), { units: 16 }, counts(0))).toBe(1);
  });

  it('weighs nothing where its user has a seat on another device', () => {
    const named = terms({ licenseType: 'NAMED_USER' });
    expect(seatsRequired(named, { units: 1 }, { ...counts(3), sameUser: true })).toBe(0);
    expect(seatsRequired(named, { units: 1 }, counts(3))).toBe(1);
  });

  it('gets the last seat and not one more', () => {
    expect(decideSeat(terms({}), counts(4), 1, 0)).toBe('GRANT');
    expect(decideSeat(terms({}), counts(5), 1, 0)).toBe('REFUSE');
  });

  it('keeps what it has where the limit was lowered, and gets no more', () => {
    const cores = terms({ licenseModel: 'PER_CORE', maxActivations: 2 });
    expect(decideSeat(cores, counts(9), 4, 4)).toBe('GRANT');
    expect(decideSeat(cores, counts(9), 3, 4)).toBe('GRANT');
    expect(decideSeat(cores, counts(9), 5, 4)).toBe('REFUSE');
  });

  it('takes the seat of the oldest where that is allowed, and where it fits at all', () => {
    const evicting = terms({ evictionPolicy: 'OLDEST', licenseModel: 'PER_CORE' });
    expect(decideSeat(evicting, counts(5), 5, 0)).toBe('EVICT');
    expect(decideSeat(evicting, counts(5), 6, 0)).toBe('REFUSE');
  });

  it('never brings more seats into use than the limit, unless it asks for no more than it has', () => {
    const any = fc.record({
      maxActivations: fc.option(fc.integer({ min: 1, max: 50 })),
      overagePolicy: fc.constantFrom('DENY', 'ALLOW'),
      overageFactor: fc.constantFrom(1, 1.15, 1.5, 2),
      evictionPolicy: fc.constantFrom('NONE', 'OLDEST'),
      licenseModel: fc.constantFrom('PER_SEAT', 'PER_CPU', 'SITE_LICENSE'),
    });
    fc.assert(
      fc.property(any, fc.nat(60), fc.integer({ min: 1, max: 20 }), fc.nat(20), (change, others, required, held) => {
        const given = terms(change);
        const limit = seatLimit(given) ?? Infinity;
        const after = seatsInUse(given, counts(others)) + required;
        expect(decideSeat(given, counts(others), required, held) === 'GRANT').toBe(after <= limit || required <= held);
      }),
    );
  });
});
