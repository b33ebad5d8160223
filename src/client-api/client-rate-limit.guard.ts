import { hash } from 'node:crypto';
import { Injectable, type CanActivate, type ExecutionContext } from '@nestjs/common';
import { Config } from '../config.js';
import { canonicalLicenseKey, isOwnKey } from '../licensing/index.js';
import { Clock } from '../shared/time/clock.js';
import { AddressLimit } from '../shared/limits/address-limit.js';
import { UnknownKeyLimit, type KeyAttempt } from '../shared/limits/unknown-key-limit.js';
import { RateLimitedError } from '../shared/limits/rate-limit.errors.js';
import { TokenBucket } from '../shared/limits/token-bucket.js';
import type { AuthenticatedRequest } from '../shared/access/access.decorators.js';
import { networkOf } from '../shared/ip-network.js';
import { isTenantId } from '../shared/tenant-id.js';

/** License key that a request presents, and the name of its buckets, which is the same for each spelling of the key. */
interface NamedKeyAttempt extends KeyAttempt {
  readonly bucketName: string;
}

/** Request with the license key that it presents. */
export interface KeyAttemptRequest extends AuthenticatedRequest {
  keyAttempt?: NamedKeyAttempt;
}

/**
 * Limits requests per address, license and API key before any look-up. The address pays for every request, the others only for requests
 * that pass, so that a flood that is refused does not use up their limits.
 */
@Injectable()
export class ClientRateLimitGuard implements CanActivate {
  private readonly buckets: Readonly<Record<'share' | 'license' | 'key', TokenBucket>>;

  constructor(
    private readonly addresses: AddressLimit,
    private readonly unknownKeys: UnknownKeyLimit,
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
    const request = context.switchToHttp().getRequest<KeyAttemptRequest>();
    const now = this.clock.now().getTime();
    assertNotLimited(this.addresses.take(request.ip));
    request.keyAttempt = keyAttemptOf(request);
    const names = this.bucketNamesFor(request);
    assertNotLimited(Math.max(0, ...names.map(([bucket, name]) => bucket.wait(name, now))));
    if (request.keyAttempt) assertNotLimited(this.unknownKeys.wait(request.keyAttempt));
    for (const [bucket, name] of names) bucket.take(name, now);
    return true;
  }

  /** Returns the buckets that a request takes from in addition to that of its address. */
  private bucketNamesFor({ ip, principal, keyAttempt }: KeyAttemptRequest): [TokenBucket, name: string][] {
    const names: [TokenBucket, name: string][] = [];
    if (keyAttempt) {
      names.push(
        [this.buckets.share, `${keyAttempt.bucketName} ${networkOf(ip)}`],
        [this.buckets.license, keyAttempt.bucketName],
      );
    }
    if (principal) names.push([this.buckets.key, principal.subject.id]);
    return names;
  }
}

/**
 * Returns the license key of a request, whose body is not validated yet. A key has a name for each tenant that is named, also one of our
 * form, which may be imported: that it was found for one tenant says nothing to another.
 */
function keyAttemptOf({ body, ip, actor }: AuthenticatedRequest): NamedKeyAttempt | undefined {
  const { license_key, tenant_id } = (body ?? {}) as Readonly<Record<string, unknown>>;
  if (typeof license_key !== 'string') return undefined;
  const tenantId = actor?.tenantId ?? (isTenantId(tenant_id) ? tenant_id : undefined);
  const canonical = canonicalLicenseKey(license_key);
  const isOwn = isOwnKey(canonical);
  const bucketName = sha256(isOwn ? canonical : `${tenantId ?? ''}\n${license_key.trim().toUpperCase()}`);
  const name = isOwn && tenantId === undefined ? bucketName : sha256(`${tenantId ?? ''}\n\n${canonical}`);
  return { name, bucketName, address: ip, tenantId };
}

/** Throws RateLimitedError if the wait is not zero. */
function assertNotLimited(waitMs: number): void {
  if (waitMs > 0) throw new RateLimitedError(Math.ceil(waitMs / 1000));
}

function sha256(text: string): string {
  return hash('sha256', text, 'base64url');
}
