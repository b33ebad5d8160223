import { Injectable } from '@nestjs/common';
import ipaddr from 'ipaddr.js';
import { Config } from '../../config.js';
import { RateCounter } from './rate-counter.js';
import { RateLimitedError } from './rate-limit.errors.js';

const IPV6_NETWORK_GROUPS = 4;

/** Bounds how often an address may fail to authenticate. A success is never counted, and never refused. */
@Injectable()
export class AuthFailureLimit {
  constructor(
    private readonly counter: RateCounter,
    private readonly config: Config,
  ) {}

  /**
   * Counts an attempt before it is checked, because attempts at the same time would all pass otherwise, and takes the count back unless
   * it failed. `check` is told whether the address has failed too often. Throws RateLimitedError in place of such a failure.
   */
  async attempt<T>(address: string, check: (exceeded: boolean) => Promise<T | undefined>): Promise<T | undefined> {
    const attempt = await this.counter.count(`failures:${networkOf(address)}`);
    const exceeded = attempt.used > this.config.settings.RATE_LIMIT_FAILURES;
    let failed = false;
    try {
      const result = await check(exceeded);
      failed = result === undefined;
      if (failed && exceeded) throw new RateLimitedError(attempt.resetS);
      return result;
    } finally {
      if (!failed) attempt.takeBack();
    }
  }
}

/** Who has one address of an IPv6 network has all 2^64 of it. */
export function networkOf(address: string): string {
  if (!ipaddr.isValid(address)) return address;
  const parsed = ipaddr.process(address);
  return parsed instanceof ipaddr.IPv6 ? parsed.parts.slice(0, IPV6_NETWORK_GROUPS).join(':') : parsed.toString();
}
