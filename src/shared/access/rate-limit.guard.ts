import { Injectable, type CanActivate, type ExecutionContext } from '@nestjs/common';
import type { FastifyReply } from 'fastify';
import { Config } from '../../config.js';
import type { AuthenticatedRequest } from './access.decorators.js';
import { RateCounter, WINDOW_S, type Counted, type WindowCount } from '../limits/rate-counter.js';
import { RateLimitedError } from '../limits/rate-limit.errors.js';

/** Quota in requests per minute. */
interface Quota {
  /** Name in the RateLimit headers. */
  readonly policy: 'key' | 'tenant';
  readonly name: string;
  readonly limit: number;
}

/**
 * Counts requests that TenantGuard let through, per API key or user and per tenant, if a limit is set. Runs after TenantGuard.
 * The headers follow draft-ietf-httpapi-ratelimit-headers-10.
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
    // A request that exceeds one quota is not counted in the other, else one API key could use up the quota of its tenant.
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
  const toHeader = ({ policy, limit }: Quota, usage: WindowCount | undefined) =>
    `"${policy}";r=${Math.max(0, limit - (usage?.used ?? 0))};t=${usage?.resetS ?? WINDOW_S}`;
  void reply
    .header('RateLimit-Policy', quotas.map(({ policy, limit }) => `"${policy}";q=${limit};w=${WINDOW_S}`).join(', '))
    .header('RateLimit', quotas.map((quota, at) => toHeader(quota, usages[at])).join(', '));
}
