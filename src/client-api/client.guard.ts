import { createHash } from 'node:crypto';
import { createParamDecorator, Injectable, type CanActivate, type ExecutionContext } from '@nestjs/common';
import { Config } from '../config.js';
import { canonicalLicenseKey } from '../licensing/index.js';
import { Clock } from '../shared/time/clock.js';
import { AddressLimit } from '../shared/limits/address-limit.js';
import { RateLimitedError } from '../shared/limits/rate-limit.errors.js';
import { TokenBucket } from '../shared/limits/token-bucket.js';
import type { AuthenticatedRequest } from '../shared/access/access.decorators.js';
import { CountryLookup } from './country-lookup.js';
import { networkOf } from '../shared/ip-network.js';

/** Placeholders that proxies send for an unknown country. */
const UNKNOWN_COUNTRY_CODES = ['XX', 'ZZ'];

/** Address and country that a request comes from. */
export interface Origin {
  readonly ip: string;
  /** Two capital letters, from a trusted proxy, else from GEOIP_DATABASE; undefined if neither has a country. */
  readonly country: string | undefined;
}

interface ClientRequest extends AuthenticatedRequest {
  origin?: Origin;
}

/**
 * Limits requests per address, license and API key before any look-up, and determines their origin. The address pays for every request,
 * the others only for requests that pass, so that a flood that is refused does not use up their limits.
 */
@Injectable()
export class ClientGuard implements CanActivate {
  private readonly buckets: Readonly<Record<'share' | 'license' | 'key', TokenBucket>>;

  constructor(
    private readonly addresses: AddressLimit,
    private readonly countries: CountryLookup,
    private readonly clock: Clock,
    private readonly config: Config,
  ) {
    const { settings } = config;
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
    const request = context.switchToHttp().getRequest<ClientRequest>();
    const now = this.clock.now().getTime();
    assertNotLimited(this.addresses.take(request.ip));
    const names = this.namesFor(request);
    assertNotLimited(Math.max(0, ...names.map(([bucket, name]) => bucket.wait(name, now))));
    for (const [bucket, name] of names) bucket.take(name, now);
    request.origin = { ip: request.ip, country: this.countryFromProxy(request) ?? this.countries.lookup(request.ip) };
    return true;
  }

  /** Returns the buckets that a request takes from in addition to that of its address. */
  private namesFor({ body, ip, principal }: ClientRequest): [TokenBucket, name: string][] {
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

  /** Returns the country from a trusted proxy. `ips` has several addresses only if the request came through one. */
  private countryFromProxy({ headers, ips }: ClientRequest): string | undefined {
    const { COUNTRY_HEADER } = this.config.settings;
    if (COUNTRY_HEADER === undefined || (ips?.length ?? 0) < 2) return undefined;
    const header = headers[COUNTRY_HEADER.toLowerCase()];
    if (typeof header !== 'string' || !/^[A-Za-z]{2}$/.test(header)) return undefined;
    return UNKNOWN_COUNTRY_CODES.includes(header.toUpperCase()) ? undefined : header.toUpperCase();
  }
}

/** Throws RateLimitedError if the wait is not zero. */
function assertNotLimited(waitMs: number): void {
  if (waitMs > 0) throw new RateLimitedError(Math.ceil(waitMs / 1000));
}

export const RequestOrigin = createParamDecorator((_: unknown, context: ExecutionContext): Origin => {
  const { origin } = context.switchToHttp().getRequest<ClientRequest>();
  if (!origin) throw new Error('A route asked where the request came from and no guard found it out.');
  return origin;
});

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('base64url');
}
