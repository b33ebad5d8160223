import {
  BadRequestException,
  ForbiddenException,
  NotFoundException,
  ServiceUnavailableException,
  UnauthorizedException,
} from '@nestjs/common';
import type { Permission } from './permissions.js';

/** Public reasons for rejecting an access token. Without a valid signature it is always TOKEN_INVALID, which prevents probing. */
export const TOKEN_FAULTS = [
  'TOKEN_INVALID',
  'TOKEN_EXPIRED',
  'TOKEN_NOT_YET_VALID',
  'WRONG_AUDIENCE',
  'WRONG_ISSUER',
  'CLAIM_MISSING',
  'TENANT_CLAIM_INVALID',
  'TENANT_UNKNOWN',
] as const;
export type TokenFault = (typeof TOKEN_FAULTS)[number];

/** Uses one message for missing, malformed, unknown, expired and revoked API keys, so that callers learn nothing about keys. */
export class UnauthenticatedError extends UnauthorizedException {
  readonly extension: { readonly reason: TokenFault } | undefined;

  constructor(reason?: TokenFault) {
    super('A valid API key or access token is required: "Authorization: Bearer …".', { errorCode: 'UNAUTHENTICATED' });
    this.extension = reason && { reason };
  }
}

export class PermissionDeniedError extends ForbiddenException {
  constructor(permission: Permission | undefined) {
    super(permission ? `Permission ${permission} is required.` : 'This route is not open to any caller.', {
      errorCode: 'PERMISSION_DENIED',
    });
  }
}

/** A session that has not shown its credential lately may not reach secrets. */
export class RecentSignInRequiredError extends ForbiddenException {
  constructor() {
    super('This needs a sign-in of the last ten minutes: show the credential again.', {
      errorCode: 'RECENT_SIGN_IN_REQUIRED',
    });
  }
}

export class TenantSuspendedError extends ForbiddenException {
  constructor() {
    super('The tenant is suspended.', { errorCode: 'TENANT_SUSPENDED' });
  }
}

/** A partner is refused until it is approved, and while it is suspended. */
export class PartnerNotApprovedError extends ForbiddenException {
  constructor() {
    super('The partner is not approved, or suspended.', { errorCode: 'PARTNER_NOT_APPROVED' });
  }
}

/** A partner's key reaches only routes that keep to the rows of its partner. */
export class NotOpenToPartnersError extends ForbiddenException {
  constructor() {
    super('This route is not open to partners.', { errorCode: 'PERMISSION_DENIED' });
  }
}

/** Reported only to holders of the API key, who could find it out anyway. */
export class NetworkNotAllowedError extends ForbiddenException {
  constructor() {
    super('This API key may not be used from this network.', { errorCode: 'NETWORK_NOT_ALLOWED' });
  }
}

/** A platform key has no tenant of its own. */
export class TenantRequiredError extends BadRequestException {
  constructor() {
    super('X-Tenant-Id is required with a platform key.', { errorCode: 'TENANT_REQUIRED' });
  }
}

export class TenantNotFoundError extends NotFoundException {
  constructor() {
    super('There is no such tenant.', { errorCode: 'TENANT_NOT_FOUND' });
  }
}

export class IdentityProviderError extends ServiceUnavailableException {
  constructor(cause: unknown) {
    super('The identity provider cannot be reached, so the token cannot be checked.', {
      cause,
      errorCode: 'IDENTITY_PROVIDER_UNAVAILABLE',
    });
  }
}
