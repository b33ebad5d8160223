import { Injectable } from '@nestjs/common';
import { LRUCache } from 'lru-cache';
import { Config } from '../../config.js';
import { networkOf } from '../ip-network.js';
import { Clock } from '../time/clock.js';
import { TokenBucket } from './token-bucket.js';

const MAX_FOUND_KEYS = 100_000;

/** A license key that a request presents. */
export interface KeyAttempt {
  /** Digest of the license key, since none is held unencrypted. */
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
  private readonly addresses: TokenBucket;
  private readonly tenants: TokenBucket;
  /** Names of the license keys that were found, with `maxSize` like `TokenBucket`. */
  private readonly found = new LRUCache<string, true>({ maxSize: MAX_FOUND_KEYS, sizeCalculation: () => 1 });

  constructor(
    private readonly clock: Clock,
    { settings }: Config,
  ) {
    const { CLIENT_UNKNOWN_KEYS_PER_MINUTE: perMinute } = settings;
    this.addresses = new TokenBucket(perMinute / 60, perMinute);
    this.tenants = new TokenBucket(perMinute / 60, perMinute);
  }

  /** Returns 0 if the license key may be looked up, else the milliseconds until it may. */
  wait({ name, address, tenantId }: KeyAttempt): number {
    if (this.found.has(name)) return 0;
    const now = this.clock.now().getTime();
    const ofTenant = tenantId === undefined ? 0 : this.tenants.wait(tenantId, now);
    return Math.max(ofTenant, this.addresses.wait(networkOf(address), now));
  }

  /** Records whether the license key was found. */
  record({ name, address, tenantId }: KeyAttempt, isFound: boolean): void {
    if (isFound) {
      this.found.set(name, true);
      return;
    }
    const now = this.clock.now().getTime();
    this.found.delete(name);
    this.addresses.take(networkOf(address), now);
    if (tenantId !== undefined) this.tenants.take(tenantId, now);
  }
}
