import { createHash } from 'node:crypto';
import { Injectable, type CanActivate, type ExecutionContext } from '@nestjs/common';
import { Config } from '../config.js';
import { canonicalLicenseKey } from '../licensing/index.js';
import { Clock } from '../shared/time/clock.js';
import { AddressLimit } from '../shared/limits/address-limit.js';
import { RateLimitedError } from '../shared/limits/rate-limit.errors.js';
import { TokenBucket } from '../shared/limits/token-bucket.js';
import type { AuthenticatedRequest } from '../shared/access/access.decorators.js';
import { networkOf } from '../shared/ip-network.js';

/**
 * Limits requests per address, license and API key before any look-up. The address pays for every request, the others only for requests
 * that pass, so that a flood that is refused does not use up their limits.
 */
@Injectable()
export class ClientRateLimitGuard implements CanActivate {
  private readonly buckets: Readonly<Record<'share' | 'license' | 'key', TokenBucket>>;

  constructor(
    private readonly addresses: AddressLimit,
    private readonly clock: Clock,
    { settings }: Config,
  ) {
    const bucket = (perSecond: number) =>
      new TokenBucket(perSecond, Math.max(1, perSecond * settings.CLIENT_RATE_BURST_S));
    this.buckets = {
      share: bucket(settings.CLIENT_RATE_PER_LICENSE_AND_ADDRESS ?? settings.CLIENT_RATE_PER_LICENSE / 2),
      license: bucket(settings.CLIENT_RATE_PER_LICENSE),
      key: bucket(settings.CLIENT_RATE_PER_KEY),
    };
  }

  /** Throws RateLimitedError. */
  canActivate(context: ExecutionContext): boolean {
    const request = context.switchToHttp().getRequest<AuthenticatedRequest>();
    const now = this.clock.now().getTime();
    assertNotLimited(this.addresses.take(request.ip));
    const names = this.bucketNamesFor(request);
    assertNotLimited(Math.max(0, ...names.map(([bucket, name]) => bucket.wait(name, now))));
    for (const [bucket, name] of names) bucket.take(name, now);
    return true;
  }

  /** Returns the buckets that a request takes from in addition to that of its address. */
  private bucketNamesFor({ body, ip, principal }: AuthenticatedRequest): [TokenBucket, name: string][] {
    const names: [TokenBucket, name: string][] = [];
    const { license_key } = (body ?? {}) as { license_key?: unknown };
    if (typeof license_key === 'string') {
      // Buckets have a digest as name: no license key is held unencrypted.
      const license = sha256(canonicalLicenseKey(license_key));
      names.push([this.buckets.share, `${license} ${networkOf(ip)}`], [this.buckets.license, license]);
    }
    if (principal) names.push([this.buckets.key, principal.subject.id]);
    return names;
  }
}

/** Throws RateLimitedError if the wait is not zero. */
function assertNotLimited(waitMs: number): void {
  if (waitMs > 0) throw new RateLimitedError(Math.ceil(waitMs / 1000));
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('base64url');
}
