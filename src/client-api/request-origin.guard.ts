import { createParamDecorator, Injectable, type CanActivate, type ExecutionContext } from '@nestjs/common';
import { QueryBus } from '@nestjs/cqrs';
import { Config } from '../config.js';
import type { AuthenticatedRequest } from '../shared/access/access.decorators.js';
import { FindCountryQuery, type Origin } from '../validation/index.js';

/** Placeholders that proxies send for an unknown country. */
const UNKNOWN_COUNTRY_CODES = ['XX', 'ZZ'];

interface ClientRequest extends AuthenticatedRequest {
  origin?: Origin;
}

/** Determines the address and the country that a request comes from. */
@Injectable()
export class RequestOriginGuard implements CanActivate {
  constructor(
    private readonly queries: QueryBus,
    private readonly config: Config,
  ) {}

  async canActivate(context: ExecutionContext): Promise<boolean> {
    const request = context.switchToHttp().getRequest<ClientRequest>();
    const { ip } = request;
    const country = this.countryFromProxy(request) ?? (await this.queries.execute(new FindCountryQuery(ip)));
    request.origin = { ip, country };
    return true;
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

export const RequestOrigin = createParamDecorator((_: unknown, context: ExecutionContext): Origin => {
  const { origin } = context.switchToHttp().getRequest<ClientRequest>();
  if (!origin)
    throw new Error('The route requires the origin of the request, but RequestOriginGuard does not guard it.');
  return origin;
});
