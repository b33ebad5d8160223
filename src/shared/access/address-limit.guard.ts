import { Injectable, type CanActivate, type ExecutionContext } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import { AddressLimit } from '../limits/address-limit.js';
import { RateLimitedError } from '../limits/rate-limit.errors.js';

/** Limits public routes per address, with the same counter as the client API. */
@Injectable()
export class AddressLimitGuard implements CanActivate {
  constructor(private readonly limit: AddressLimit) {}

  /** Throws RateLimitedError. */
  canActivate(context: ExecutionContext): boolean {
    const wait = this.limit.take(context.switchToHttp().getRequest<FastifyRequest>().ip);
    if (wait > 0) throw new RateLimitedError(Math.ceil(wait / 1000));
    return true;
  }
}
