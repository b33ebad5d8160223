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

  constructor(
    perSecond: number,
    private readonly burst: number,
  ) {
    this.msPerToken = 1000 / perSecond;
  }

  /** Takes a token. Returns 0, or in how many milliseconds there will be one. */
  take(name: string, now: number): number {
    const emptyMs = this.burst * this.msPerToken;
    const known = this.fullAt.get(name) ?? now;
    // More than a whole bucket ahead: the clock was set back.
    const fullAt = known > now + emptyMs * 2 ? now : Math.max(now, known);
    const waitMs = fullAt + this.msPerToken - now - emptyMs;
    // A thousandth of a token, so that sums of fractions do not refuse the last of a burst.
    if (waitMs > this.msPerToken / 1000) return Math.ceil(waitMs);
    this.fullAt.set(name, fullAt + this.msPerToken);
    return 0;
  }
}
