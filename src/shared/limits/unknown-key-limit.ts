import { Injectable } from '@nestjs/common';
import { LRUCache } from 'lru-cache';
import { Config } from '../../config.js';
import { networkOf } from '../ip-network.js';
import { Clock } from '../time/clock.js';
import { RateLimitedError } from './rate-limit.errors.js';
import { TokenBucket } from './token-bucket.js';

const MAX_FOUND_KEYS = 100_000;

/** A license key that a request presents. */
export interface KeyAttempt {
  /** Digest of the license key and the tenant that the request names, since no key is held unencrypted. */
  readonly name: string;
  readonly address: string;
  /** Tenant that the request names, by its API key or in its body. */
  readonly tenantId: string | undefined;
}

/**
 * Limits guesses of license keys: unknown ones count against the address and against the tenant that the request names. At the limit a key is
 * refused before its look-up, right or wrong, unless it was found lately: programs go on while somebody guesses.
 */
@Injectable()
export class UnknownKeyLimit {
  private readonly addresses: LookUpBucket;
  private readonly tenants: LookUpBucket;
  /** Names of the license keys that were found, with `maxSize` like `TokenBucket`. */
  private readonly found = new LRUCache<string, true>({ maxSize: MAX_FOUND_KEYS, sizeCalculation: () => 1 });
  /** Look-ups that wait for the end of others. */
  private waiting: (() => void)[] = [];

  constructor(
    private readonly clock: Clock,
    { settings }: Config,
  ) {
    const { CLIENT_UNKNOWN_KEYS_PER_MINUTE: perMinute } = settings;
    this.addresses = new LookUpBucket(perMinute);
    this.tenants = new LookUpBucket(perMinute);
  }

  /** Returns 0 if the license key may be looked up now or once others have been, else the milliseconds until it may. */
  wait(attempt: KeyAttempt): number {
    if (this.found.has(attempt.name)) return 0;
    const now = this.clock.now().getTime();
    return Math.max(
      ...this.bucketsOf(attempt).map(([bucket, name]) => (bucket.isHeld(name) ? 0 : bucket.wait(name, now))),
    );
  }

  /**
   * Looks a license key up, which takes tokens unless it was found lately, and gives them back if it is found. Look-ups beyond the tokens wait
   * for those that have some, so that neither many guesses at once pass, nor many good keys at once are refused. Throws RateLimitedError.
   */
  async lookUp<T>(attempt: KeyAttempt, find: () => Promise<T | null>): Promise<T | null> {
    if (this.found.has(attempt.name)) {
      const known = await find();
      if (known === null) this.found.delete(attempt.name);
      return known;
    }
    const buckets = this.bucketsOf(attempt);
    for (let waitMs = this.wait(attempt); !this.hold(buckets); waitMs = this.wait(attempt)) {
      if (waitMs > 0) throw new RateLimitedError(Math.ceil(waitMs / 1_000));
      await new Promise<void>((resolve) => this.waiting.push(resolve));
    }
    let isUnknown = false;
    try {
      const found = await find();
      if (found === null) isUnknown = true;
      else this.found.set(attempt.name, true);
      return found;
    } finally {
      const now = this.clock.now().getTime();
      for (const [bucket, name] of buckets) bucket.end(name, now, isUnknown);
      const woken = this.waiting;
      this.waiting = [];
      for (const wake of woken) wake();
    }
  }

  private hold(buckets: readonly [LookUpBucket, name: string][]): boolean {
    const now = this.clock.now().getTime();
    if (buckets.some(([bucket, name]) => bucket.wait(name, now) > 0)) return false;
    for (const [bucket, name] of buckets) bucket.hold(name, now);
    return true;
  }

  private bucketsOf({ address, tenantId }: KeyAttempt): [LookUpBucket, name: string][] {
    const ofAddress: [LookUpBucket, string] = [this.addresses, networkOf(address)];
    return tenantId === undefined ? [ofAddress] : [ofAddress, [this.tenants, tenantId]];
  }
}

/** Token bucket whose tokens are held by look-ups until these end. */
class LookUpBucket {
  private readonly tokens: TokenBucket;
  private readonly held = new Map<string, number>();

  constructor(perMinute: number) {
    this.tokens = new TokenBucket(perMinute / 60, perMinute);
  }

  wait(name: string, now: number): number {
    return this.tokens.wait(name, now);
  }

  isHeld(name: string): boolean {
    return this.held.has(name);
  }

  hold(name: string, now: number): void {
    this.tokens.take(name, now);
    this.held.set(name, (this.held.get(name) ?? 0) + 1);
  }

  /** Ends a look-up, which keeps its token if the license key is unknown. */
  end(name: string, now: number, isUnknown: boolean): void {
    const left = (this.held.get(name) ?? 1) - 1;
    if (left > 0) this.held.set(name, left);
    else this.held.delete(name);
    if (!isUnknown) this.tokens.giveBack(name, now);
  }
}
