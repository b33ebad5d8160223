import { applyDecorators, createParamDecorator, SetMetadata, type ExecutionContext } from '@nestjs/common';
import { ApiBearerAuth, ApiExtension, ApiHeader, ApiSecurity } from '@nestjs/swagger';
import type { FastifyRequest } from 'fastify';
import type { Actor, PlatformActor } from './actor.js';
import type { KnownTenant, Principal } from './authenticator.js';
import { TENANT_ID } from '../tenant-id.js';
import { isPlatformPermission, type Permission, type TenantPermission } from './permissions.js';

export const PERMISSION = 'imprimatur:permission';
export const AUTHENTICATED = 'imprimatur:authenticated';
export const PUBLIC = 'imprimatur:public';
export const LICENSE_KEY = 'imprimatur:license-key';

/** What the guard found out about a request. */
export interface AuthenticatedRequest extends FastifyRequest {
  principal?: Principal;
  /** Who acts, and for which tenant. */
  actor?: Actor;
  platformActor?: PlatformActor;
  /** The tenant that is acted for. */
  tenant?: KnownTenant;
}

const TenantHeader = () =>
  ApiHeader({
    name: 'X-Tenant-Id',
    required: false,
    description: 'Tenant to act for. Platform keys only.',
    schema: { type: 'string', pattern: TENANT_ID.source },
  });

/** Who may call a route. A route with none of these four is closed to everyone. */
export const RequirePermission = (permission: Permission) =>
  applyDecorators(
    SetMetadata(PERMISSION, permission),
    ApiBearerAuth('api-key'),
    ApiExtension('x-permission', permission),
    ...(isPlatformPermission(permission) ? [] : [TenantHeader()]),
  );

/** Open to whoever has a valid key or token, whatever it allows. */
export const Authenticated = () =>
  applyDecorators(SetMetadata(AUTHENTICATED, true), ApiBearerAuth('api-key'), TenantHeader());

/**
 * Open to whoever sends a license key in the body, which the handler has to look at first. Who sends an API key too must be
 * allowed this, and then the license must be of that tenant.
 */
export const LicenseKeyRoute = (permission: TenantPermission) =>
  applyDecorators(SetMetadata(LICENSE_KEY, true), ApiSecurity({}), RequirePermission(permission));

/** Open to callers without a key: health and documentation alone. */
export const Public = () => SetMetadata(PUBLIC, true);

export const CurrentActor = createParamDecorator((_: unknown, context: ExecutionContext) =>
  found('actor', context.switchToHttp().getRequest<AuthenticatedRequest>().actor),
);

/** On routes of a platform permission. */
export const CurrentPlatformActor = createParamDecorator((_: unknown, context: ExecutionContext) =>
  found('platform actor', context.switchToHttp().getRequest<AuthenticatedRequest>().platformActor),
);

/** Who calls: as an actor of a tenant, or of the platform where none was named. */
export const CurrentCaller = createParamDecorator((_: unknown, context: ExecutionContext) => {
  const { actor, platformActor } = context.switchToHttp().getRequest<AuthenticatedRequest>();
  return found('caller', actor ?? platformActor);
});

function found<T>(what: string, value: T | undefined): T {
  if (value === undefined) throw new Error(`A route asked for the ${what} and the guard named none.`);
  return value;
}
