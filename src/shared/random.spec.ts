import { describe, expect, it, jest } from '@jest/globals';
import { validate, version } from 'uuid';
import { newId, randomBytes } from './random.js';

describe('random bytes', () => {
  it('are as many as asked for, and never the same twice', () => {
    const drawn = Array.from({ length: 2_000 }, () => randomBytes(16));
    expect(drawn.every(({ length }) => length === 16)).toBe(true);
    expect(new Set(drawn.map((bytes) => bytes.toString('hex'))).size).toBe(2_000);
  });

  it('stay with whoever got them', () => {
    const mine = randomBytes(32);
    const before = mine.toString('hex');
    for (let draw = 0; draw < 1_000; draw++) randomBytes(32);
    expect(mine.toString('hex')).toBe(before);
  });

  it('use every value of a byte', () => {
    const seen = new Set<number>();
    for (let draw = 0; draw < 200; draw++) for (const byte of randomBytes(64)) seen.add(byte);
    expect(seen.size).toBe(256);
  });

  it('are refused beyond a page', () => {
    expect(() => randomBytes(4097)).toThrow(RangeError);
  });
});

describe('ids', () => {
  it('are UUIDs of version 7, in the order in which they were made', () => {
    const ids = Array.from({ length: 5_000 }, newId);
    expect(ids.every((id) => validate(id) && version(id) === 7)).toBe(true);
    expect(new Set(ids).size).toBe(5_000);
    expect([...ids].sort()).toEqual(ids);
  });

  it('say when they were made', () => {
    const before = Date.now();
    const ms = parseInt(newId().replaceAll('-', '').slice(0, 12), 16);
    expect(ms).toBeGreaterThanOrEqual(before);
    expect(ms).toBeLessThanOrEqual(Date.now() + 1);
  });

  it('do not stay in the future after the clock was', () => {
    const msOf = (id: string) => parseInt(id.replaceAll('-', '').slice(0, 12), 16);
    const now = Date.now();
    const clock = jest.spyOn(Date, 'now').mockReturnValue(now + 63_072_000_000);
    expect(msOf(newId())).toBeGreaterThan(now);
    clock.mockReturnValue(now);
    expect(msOf(newId())).toBe(now);
    // Set back by less their order is kept.
    clock.mockReturnValue(now - 500);
    expect(msOf(newId())).toBe(now);
    clock.mockRestore();
  });
});
