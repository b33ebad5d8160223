import { describe, expect, it } from '@jest/globals';
import fc from '../../test/support/property.js';
import { fileValidity } from './license-file.js';

const NOW = new Date('2026-11-25T12:00:00.000Z');
const DAY_S = 24 * 60 * 60;
const at = (seconds: number) => new Date(NOW.getTime() + seconds * 1000);

describe('a license file', () => {
  it('ends when it was asked to, half way through asks to be renewed, and never outlives its license or the longest that is allowed', () => {
    expect(fileValidity(null, 30 * DAY_S, null, NOW)).toEqual({
      issuedAt: NOW,
      refreshAt: at(15 * DAY_S),
      expiresAt: at(30 * DAY_S),
    });
    const ending = at(2 * DAY_S);
    expect(fileValidity(ending, 30 * DAY_S, null, NOW)).toMatchObject({
      refreshAt: at(DAY_S),
      expiresAt: at(2 * DAY_S),
    });
    fc.assert(
      fc.property(
        fc.integer({ min: 60, max: 366 * DAY_S }),
        fc.integer({ min: 1, max: 1_000 * DAY_S }),
        fc.option(fc.integer({ min: 60, max: 366 * DAY_S })),
        (ttl, left, cap) => {
          const { refreshAt, expiresAt } = fileValidity(at(left), ttl, cap, NOW);
          expect(expiresAt.getTime()).toBe(
            Math.min(...[left, ttl, cap ?? ttl].map((seconds) => at(seconds).getTime())),
          );
          expect(refreshAt > NOW && refreshAt < expiresAt).toBe(true);
        },
      ),
    );
  });
});
