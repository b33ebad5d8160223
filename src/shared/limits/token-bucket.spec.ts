import { describe, expect, it } from '@jest/globals';
import { TokenBucket } from './token-bucket.js';

describe('a token bucket', () => {
  const take = (bucket: TokenBucket, times: number, now: number, name = 'a') =>
    Array.from({ length: times }, () => bucket.take(name, now)).filter((wait) => wait === 0).length;

  it('lets a burst of 1,000 through at once, and then 100 a second', () => {
    const bucket = new TokenBucket(100, 1_000);
    expect(take(bucket, 1_500, 0)).toBe(1_000);
    expect(take(bucket, 500, 1_000)).toBe(100);
    expect(take(bucket, 500, 3_000)).toBe(200);
  });

  it('says when the next token comes', () => {
    const bucket = new TokenBucket(100, 10);
    take(bucket, 10, 0);
    expect(bucket.take('a', 0)).toBe(10);
    expect(bucket.take('a', 4)).toBe(6);
    expect(bucket.take('a', 10)).toBe(0);
  });

  it('forgets a time that is far ahead, as when the clock was set back', () => {
    const bucket = new TokenBucket(100, 10);
    take(bucket, 10, 3_600_000);
    expect(take(bucket, 20, 0)).toBe(10);
  });

  it('is never fuller than full, and each name has its own', () => {
    const bucket = new TokenBucket(3, 7);
    expect(take(bucket, 20, 1e12)).toBe(7);
    expect(take(bucket, 20, 1e12, 'b')).toBe(7);
    expect(take(bucket, 20, 1e12 + 3_600_000)).toBe(7);
  });

  it('takes a token back, and is never fuller than full', () => {
    const bucket = new TokenBucket(100, 2);
    take(bucket, 1, 0);
    bucket.giveBack('a', 0);
    bucket.giveBack('a', 0);
    expect(take(bucket, 5, 0)).toBe(2);
    bucket.giveBack('a', 0);
    expect(take(bucket, 5, 0)).toBe(1);
  });

  it('that is full again holds nothing against a name when the clock is set back', () => {
    const bucket = new TokenBucket(0.5, 30);
    take(bucket, 1, 1e12);
    bucket.giveBack('a', 1e12);
    expect(take(bucket, 40, 1e12 - 89_000)).toBe(30);
  });

  it('can be asked for a token without taking it', () => {
    const bucket = new TokenBucket(100, 1);
    expect([bucket.wait('a', 0), bucket.wait('a', 0), bucket.take('a', 0)]).toEqual([0, 0, 0]);
    expect([bucket.wait('a', 0), bucket.take('a', 0), bucket.wait('a', 0)]).toEqual([10, 10, 10]);
  });
});
