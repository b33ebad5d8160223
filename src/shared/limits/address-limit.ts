import { Injectable } from '@nestjs/common';
import { Config } from '../../config.js';
import { Clock } from '../time/clock.js';
import { TokenBucket } from './token-bucket.js';
import { networkOf } from '../ip-network.js';

/** What one address may ask of all that is open to programs without an API key. */
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

  /** Counts one more. Returns 0, or in how many milliseconds it may come again. */
  take(address: string): number {
    return this.bucket.take(networkOf(address), this.clock.now().getTime());
  }
}
