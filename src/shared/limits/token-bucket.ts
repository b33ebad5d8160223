import { LRUCache } from 'lru-cache';

const MAX_NAMES = 100_000;

/**
 * Lets a burst through and then a steady rate, for each name by itself: a bucket of tokens that fills again as time goes by.
 * In this process alone. A bucket is kept as the time at which it will be full, so one that was forgotten is full.
 */
export class TokenBucket {
  /** Told `max` it would take the memory of all those names at once. */
  private readonly fullAt = new LRUCache<string, number>({ maxSize: MAX_NAMES, sizeCalculation: () => 1 });
  private readonly msPerToken: number;
  /** How long an empty bucket takes to be full. */
  private readonly emptyMs: number;

  constructor(perSecond: number, burst: number) {
    this.msPerToken = 1000 / perSecond;
    this.emptyMs = burst * this.msPerToken;
  }

  /** Takes a token. Returns 0, or in how many milliseconds there will be one. */
  take(name: string, now: number): number {
    const waitMs = this.wait(name, now);
    if (waitMs === 0) this.fullAt.set(name, this.fullAgainAt(name, now) + this.msPerToken);
    return waitMs;
  }

  /** In how many milliseconds there is a token; 0 where there is one. Takes none. */
  wait(name: string, now: number): number {
    const waitMs = this.fullAgainAt(name, now) + this.msPerToken - now - this.emptyMs;
    // A thousandth of a token, so that sums of fractions do not refuse the last of a burst.
    return waitMs > this.msPerToken / 1000 ? Math.ceil(waitMs) : 0;
  }

  private fullAgainAt(name: string, now: number): number {
    const known = this.fullAt.get(name) ?? now;
    // More than a whole bucket ahead: the clock was set back.
    return known > now + this.emptyMs * 2 ? now : Math.max(now, known);
  }
}
