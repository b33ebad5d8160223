import { Injectable } from '@nestjs/common';
import { Config } from '../../config.js';
import { RateCounter } from './rate-counter.js';
import { RateLimitedError } from './rate-limit.errors.js';
import { networkOf } from '../ip-network.js';

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
