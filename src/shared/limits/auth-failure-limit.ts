import { Injectable } from '@nestjs/common';
import { Config } from '../../config.js';
import { RateCounter } from './rate-counter.js';
import { RateLimitedError } from './rate-limit.errors.js';
import { networkOf } from '../ip-network.js';

/** Limits failed authentications per address. A success is neither counted nor rejected. */
@Injectable()
export class AuthFailureLimit {
  constructor(
    private readonly counter: RateCounter,
    private readonly config: Config,
  ) {}

  /**
   * Counts before `check`, because concurrent attempts would all pass otherwise, and takes the count back after a success. `check` receives
   * whether the address has failed too often. Throws RateLimitedError instead of returning a failure beyond the limit.
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
