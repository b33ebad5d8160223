import { describe, expect, it } from '@jest/globals';
import { isoTime } from './iso-time.js';

describe('a time as text', () => {
  it('is its own also where times take the place of one another, and before 1970', () => {
    for (const at of [0, 64, 0, -64, 64, 1_795_720_361_299, -1, 1, 253_402_300_799_999]) {
      expect(isoTime(new Date(at))).toBe(new Date(at).toISOString());
    }
  });

  it('is refused where there is none', () => {
    expect(() => isoTime(new Date(NaN))).toThrow(RangeError);
    expect(() => isoTime(new Date(NaN))).toThrow(RangeError);
  });
});
