import { createParamDecorator, Injectable, type CanActivate, type ExecutionContext } from '@nestjs/common';
import { QueryBus } from '@nestjs/cqrs';
import { FindLicenseByKeyQuery } from '../licensing/index.js';
import { InvalidFieldError } from '../shared/errors.js';
import type { AuthenticatedRequest } from '../shared/access/access.decorators.js';
import { TenantSuspendedError } from '../shared/access/access.errors.js';
import { Actor } from '../shared/access/actor.js';
import { Authenticator } from '../shared/access/authenticator.js';
import type { LicenseKeyCaller } from '../validation/index.js';
import { UnknownLicenseKeyError } from './client.errors.js';

interface LicenseKeyRequest extends AuthenticatedRequest {
  caller?: LicenseKeyCaller;
}

/**
 * Finds the license of the key in the body. A malformed key, an unknown key and a key of another tenant cost the same work, one digest and
 * one look-up, so that nothing distinguishes them.
 */
@Injectable()
export class LicenseKeyGuard implements CanActivate {
  constructor(
    private readonly queries: QueryBus,
    private readonly authenticator: Authenticator,
  ) {}

  async canActivate(context: ExecutionContext): Promise<boolean> {
    const request = context.switchToHttp().getRequest<LicenseKeyRequest>();
    const { license_key } = (request.body ?? {}) as { license_key?: unknown };
    if (typeof license_key !== 'string') return true;
    const owner = await this.queries.execute(new FindLicenseByKeyQuery(license_key));
    if (!owner || (request.actor && request.actor.tenantId !== owner.tenantId)) return true;
    const tenant = await this.authenticator.findTenant(owner.tenantId);
    const actor = Actor.forLicenseKey(owner.tenantId, owner.licenseId);
    request.caller = { actor, licenseId: owner.licenseId, suspended: tenant?.suspended !== false };
    return true;
  }
}

/** Throws InvalidFieldError, UnknownLicenseKeyError, TenantSuspendedError. */
export const CurrentLicenseKeyCaller = createParamDecorator(
  (_: unknown, context: ExecutionContext): LicenseKeyCaller => {
    const { caller, body } = context.switchToHttp().getRequest<LicenseKeyRequest>();
    if (!caller) {
      const { license_key } = (body ?? {}) as { license_key?: unknown };
      if (license_key === undefined) throw new InvalidFieldError('/license_key', 'is required');
      throw new UnknownLicenseKeyError();
    }
    if (caller.suspended) throw new TenantSuspendedError();
    return caller;
  },
);

/** Yields undefined instead of an error, for the route that reports an unknown license key in its response. */
export const OptionalLicenseKeyCaller = createParamDecorator(
  (_: unknown, context: ExecutionContext) => context.switchToHttp().getRequest<LicenseKeyRequest>().caller,
);
