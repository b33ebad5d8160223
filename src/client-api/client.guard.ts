import { createHash } from 'node:crypto';
import { createParamDecorator, Injectable, type CanActivate, type ExecutionContext } from '@nestjs/common';
import { Config } from '../config.js';
import { canonicalLicenseKey } from '../licensing/index.js';
import { Clock } from '../shared/clock.js';
import { AddressLimit } from '../shared/limits/address-limit.js';
import { RateLimitedError } from '../shared/limits/rate-limit.errors.js';
import { TokenBucket } from '../shared/limits/token-bucket.js';
import type { AuthenticatedRequest } from '../shared/tenancy/access.decorators.js';
import { Countries } from './countries.js';

/** What proxies say where they do not know it. */
const NOWHERE = ['XX', 'ZZ'];

/** Where a request comes from. */
export interface Origin {
  readonly ip: string;
  /** Two capital letters, as a proxy says that we trust, else as the database of addresses does; undefined where neither does. */
  readonly country: string | undefined;
}

interface ClientRequest extends AuthenticatedRequest {
  origin?: Origin;
}

/**
 * Stands before the client API, which needs no API key: limits what comes from one address, for one license and with one API
 * key, before anything is looked up; and finds out where it comes from.
 */
@Injectable()
export class ClientGuard implements CanActivate {
  private readonly buckets: { readonly license: TokenBucket; readonly key: TokenBucket };

  constructor(
    private readonly addresses: AddressLimit,
    private readonly countries: Countries,
    private readonly clock: Clock,
    private readonly config: Config,
  ) {
    const { settings } = config;
    const bucket = (perSecond: number) => new TokenBucket(perSecond, perSecond * settings.CLIENT_RATE_BURST_S);
    this.buckets = {
      license: bucket(settings.CLIENT_RATE_PER_LICENSE),
      key: bucket(settings.CLIENT_RATE_PER_KEY),
    };
  }

  /** Throws RateLimitedError. */
  canActivate(context: ExecutionContext): boolean {
    const request = context.switchToHttp().getRequest<ClientRequest>();
    const now = this.clock.now().getTime();
    const waits = [this.addresses.take(request.ip)];
    const { license_key } = (request.body ?? {}) as { license_key?: unknown };
    // Under a digest: a license key is nowhere kept in the clear.
    if (typeof license_key === 'string')
      waits.push(this.buckets.license.take(sha256(canonicalLicenseKey(license_key)), now));
    if (request.principal) waits.push(this.buckets.key.take(request.principal.subject.id, now));
    const wait = Math.max(...waits);
    if (wait > 0) throw new RateLimitedError(Math.ceil(wait / 1000));
    request.origin = { ip: request.ip, country: this.saidBy(request) ?? this.countries.of(request.ip) };
    return true;
  }

  /** What a proxy says that we trust: only where the request came through one is there more than one address on its way. */
  private saidBy({ headers, ips }: ClientRequest): string | undefined {
    const { COUNTRY_HEADER } = this.config.settings;
    if (COUNTRY_HEADER === undefined || (ips?.length ?? 0) < 2) return undefined;
    const said = headers[COUNTRY_HEADER.toLowerCase()];
    if (typeof said !== 'string' || !/^[A-Za-z]{2}$/.test(said)) return undefined;
    return NOWHERE.includes(said.toUpperCase()) ? undefined : said.toUpperCase();
  }
}

export const RequestOrigin = createParamDecorator((_: unknown, context: ExecutionContext): Origin => {
  const { origin } = context.switchToHttp().getRequest<ClientRequest>();
  if (!origin) throw new Error('A route asked where the request came from and no guard found it out.');
  return origin;
});

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('base64url');
}
