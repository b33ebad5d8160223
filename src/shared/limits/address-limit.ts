import { Injectable } from '@nestjs/common';
import { Config } from '../../config.js';
import { Clock } from '../time/clock.js';
import { TokenBucket } from './token-bucket.js';
import { networkOf } from '../ip-network.js';

/** Rate limit per address for all routes that need no API key. */
@Injectable()
export class AddressLimit {
  private readonly bucket: TokenBucket;

  constructor(
    private readonly clock: Clock,
    { settings }: Config,
  ) {
    const { CLIENT_RATE_PER_ADDRESS, CLIENT_RATE_BURST_S } = settings;
    this.bucket = new TokenBucket(CLIENT_RATE_PER_ADDRESS, CLIENT_RATE_PER_ADDRESS * CLIENT_RATE_BURST_S);
  }

  /** Counts a request. Returns 0 if it is allowed, else the milliseconds until the next one is. */
  take(address: string): number {
    return this.bucket.take(networkOf(address), this.clock.now().getTime());
  }
}
