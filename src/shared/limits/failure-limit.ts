import { Injectable } from '@nestjs/common';
import ipaddr from 'ipaddr.js';
import { Config } from '../../config.js';
import { RateCounter } from './rate-counter.js';
import { RateLimitedError } from './rate-limit.errors.js';

const IPV6_NETWORK_GROUPS = 4;

/** Refuses an address that failed to say who it is too often. Success is never counted. */
@Injectable()
export class FailureLimit {
  constructor(
    private readonly counter: RateCounter,
    private readonly config: Config,
  ) {}

  /** Throws RateLimitedError. */
  async assertOpen(address: string): Promise<void> {
    const { used, resetS } = await this.counter.read(nameOf(address));
    if (used >= this.config.settings.RATE_LIMIT_FAILURES) throw new RateLimitedError(resetS);
  }

  async note(address: string): Promise<void> {
    await this.counter.count(nameOf(address));
  }
}

/** Who has one address of an IPv6 network has all 2^64 of it. */
export function networkOf(address: string): string {
  if (!ipaddr.isValid(address)) return address;
  const parsed = ipaddr.process(address);
  return parsed instanceof ipaddr.IPv6 ? parsed.parts.slice(0, IPV6_NETWORK_GROUPS).join(':') : parsed.toString();
}

function nameOf(address: string): string {
  return `failures:${networkOf(address)}`;
}
