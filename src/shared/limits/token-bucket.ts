import { LRUCache } from 'lru-cache';

const MAX_NAMES = 100_000;

/**
 * Token bucket per name, in this process only: allows a burst, then a steady rate. A bucket is stored as the time at which it will be full,
 * so a bucket that left the cache counts as full.
 */
export class TokenBucket {
  /** Uses `maxSize`, because with `max` LRUCache allocates all 100,000 entries at construction. */
  private readonly fullAt = new LRUCache<string, number>({ maxSize: MAX_NAMES, sizeCalculation: () => 1 });
  private readonly msPerToken: number;
  /** Milliseconds that an empty bucket takes to fill. */
  private readonly emptyMs: number;

  constructor(perSecond: number, burst: number) {
    this.msPerToken = 1000 / perSecond;
    this.emptyMs = burst * this.msPerToken;
  }

  /** Takes a token and returns 0, or returns the milliseconds until there is one. */
  take(name: string, now: number): number {
    const waitMs = this.wait(name, now);
    if (waitMs === 0) this.fullAt.set(name, this.fullAgainAt(name, now) + this.msPerToken);
    return waitMs;
  }

  /** Gives back a token that was taken. */
  giveBack(name: string, now: number): void {
    const fullAt = this.fullAgainAt(name, now) - this.msPerToken;
    // A full bucket is forgotten: its time would count against the name if the clock were set back.
    if (fullAt > now + this.msPerToken / 1000) this.fullAt.set(name, fullAt);
    else this.fullAt.delete(name);
  }

  /** Returns the milliseconds until there is a token, without taking it; 0 if there is one. */
  wait(name: string, now: number): number {
    const waitMs = this.fullAgainAt(name, now) + this.msPerToken - now - this.emptyMs;
    // The tolerance of a thousandth of a token keeps rounding errors from rejecting the last request of a burst.
    return waitMs > this.msPerToken / 1000 ? Math.ceil(waitMs) : 0;
  }

  private fullAgainAt(name: string, now: number): number {
    const fullAt = this.fullAt.get(name) ?? now;
    // A time more than two fill times ahead means that the clock was set back.
    return fullAt > now + this.emptyMs * 2 ? now : Math.max(now, fullAt);
  }
}
