import { Injectable, type CanActivate, type ExecutionContext } from '@nestjs/common';
import type { FastifyReply } from 'fastify';
import { Config } from '../../config.js';
import type { AuthenticatedRequest } from './access.decorators.js';
import { RateCounter, WINDOW_S, type Counted, type WindowCount } from '../limits/rate-counter.js';
import { RateLimitedError } from '../limits/rate-limit.errors.js';

/** One quota, in requests a minute. */
interface Quota {
  /** As the headers call it. */
  readonly policy: 'key' | 'tenant';
  readonly name: string;
  readonly limit: number;
}

/**
 * Stands behind the tenant guard and counts what that let through: per key or person, and per tenant, where a limit is
 * set. The fields are those of draft-ietf-httpapi-ratelimit-headers-10.
 */
@Injectable()
export class RateLimitGuard implements CanActivate {
  constructor(
    private readonly counter: RateCounter,
    private readonly config: Config,
  ) {}

  async canActivate(context: ExecutionContext): Promise<boolean> {
    const http = context.switchToHttp();
    const quotas = this.quotasOf(http.getRequest<AuthenticatedRequest>());
    if (quotas.length === 0) return true;
    const counted = await Promise.all(quotas.map(({ name }) => this.counter.count(name)));
    const isExceeded = ({ used }: WindowCount, at: number) => used > (quotas[at]?.limit ?? Infinity);
    const exceeded = counted.find(isExceeded);
    // A request that is refused to a key costs the tenant nothing: one key could use up what all of them share.
    const usages = exceeded ? counted.map((usage, at) => (isExceeded(usage, at) ? usage : takenBack(usage))) : counted;
    setRateLimitHeaders(http.getResponse<FastifyReply>(), quotas, usages);
    if (exceeded) throw new RateLimitedError(exceeded.resetS);
    return true;
  }

  private quotasOf({ principal, tenant }: AuthenticatedRequest): Quota[] {
    const { RATE_LIMIT_PER_KEY, RATE_LIMIT_PER_TENANT } = this.config.settings;
    const quotas: Quota[] = [];
    if (principal && RATE_LIMIT_PER_KEY !== undefined) {
      const { type, issuer = '', id } = principal.subject;
      quotas.push({ policy: 'key', name: `key:${type}:${issuer}:${id}`, limit: RATE_LIMIT_PER_KEY });
    }
    const limit = tenant?.requestsPerMinute ?? RATE_LIMIT_PER_TENANT;
    if (tenant && limit !== undefined) quotas.push({ policy: 'tenant', name: `tenant:${tenant.id}`, limit });
    return quotas;
  }
}

function takenBack(usage: Counted): WindowCount {
  usage.takeBack();
  return { used: usage.used - 1, resetS: usage.resetS };
}

function setRateLimitHeaders(reply: FastifyReply, quotas: readonly Quota[], usages: readonly WindowCount[]): void {
  const left = ({ policy, limit }: Quota, usage: WindowCount | undefined) =>
    `"${policy}";r=${Math.max(0, limit - (usage?.used ?? 0))};t=${usage?.resetS ?? WINDOW_S}`;
  void reply
    .header('RateLimit-Policy', quotas.map(({ policy, limit }) => `"${policy}";q=${limit};w=${WINDOW_S}`).join(', '))
    .header('RateLimit', quotas.map((quota, at) => left(quota, usages[at])).join(', '));
}
