import { describe, expect, it } from '@jest/globals';
import fc from '../../../test/support/property.js';
import { ClockOffset } from './clock-offset.js';

const delay = fc.double({ min: 0, max: 50, noNaN: true });
const exchange = fc.record({ after: fc.double({ min: 0, max: 10_000, noNaN: true }), going: delay, coming: delay });
const HOUR_MS = 3_600_000;

describe('the offset of another clock', () => {
  it('never puts a time ahead of that clock, nor behind it by more than its last answer took', () => {
    fc.assert(
      fc.property(
        fc.double({ min: -1e12, max: 1e12, noNaN: true }),
        fc.array(exchange, { minLength: 1 }),
        (own, all) => {
          const offset = new ClockOffset();
          let now = 0;
          for (const { after, going, coming } of all) {
            const requestedAt = (now += after);
            now += going;
            const remote = now + own;
            now += coming;
            offset.observe(remote, requestedAt, now);
            const error = now + (offset.value ?? NaN) - (now + own);
            expect(error).toBeLessThanOrEqual(0.001);
            expect(error).toBeGreaterThanOrEqual(-coming - 0.001);
          }
        },
      ),
    );
  });

  it('follows a clock that is set, forward and back, with the next answer', () => {
    const offset = new ClockOffset();
    offset.observe(1_000, 10, 12);
    offset.observe(1_000 + HOUR_MS, 20, 22);
    expect(offset.value).toBe(978 + HOUR_MS);
    offset.observe(1_030, 30, 32);
    expect(offset.value).toBe(1_000);
  });
});
