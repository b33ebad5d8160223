import { ForbiddenException, NotFoundException, UnauthorizedException } from '@nestjs/common';
import type { Permission } from './permissions.js';

/** One message for a missing, malformed, unknown, expired and revoked key: a caller learns nothing about keys. */
export class UnauthenticatedError extends UnauthorizedException {
  constructor() {
    super('A valid API key is needed: send it as "Authorization: Bearer imp_…".', { errorCode: 'UNAUTHENTICATED' });
  }
}

export class PermissionDeniedError extends ForbiddenException {
  constructor(permission: Permission | undefined) {
    super(permission ? `This needs the permission ${permission}.` : 'Nobody may call this route.', {
      errorCode: 'PERMISSION_DENIED',
    });
  }
}

export class TenantSuspendedError extends ForbiddenException {
  constructor() {
    super('The tenant of this API key is suspended.', { errorCode: 'TENANT_SUSPENDED' });
  }
}

/** Only over the bus: a key always belongs to a tenant that exists. */
export class TenantNotFoundError extends NotFoundException {
  constructor() {
    super('There is no such tenant.', { errorCode: 'TENANT_NOT_FOUND' });
  }
}
