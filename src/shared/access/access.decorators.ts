import { applyDecorators, createParamDecorator, SetMetadata, type ExecutionContext } from '@nestjs/common';
import { ApiBearerAuth, ApiCookieAuth, ApiExtension, ApiHeader, ApiSecurity } from '@nestjs/swagger';
import type { FastifyRequest } from 'fastify';
import type { Actor, PlatformActor } from './actor.js';
import type { KnownTenant, Principal } from './authenticator.js';
import { UnauthenticatedError } from './access.errors.js';
import type { KnownSession } from './session-authenticator.js';
import { TENANT_ID } from '../tenant-id.js';
import { isPlatformPermission, type Permission, type TenantPermission } from './permissions.js';

export const PERMISSION = 'imprimatur:permission';
export const AUTHENTICATED = 'imprimatur:authenticated';
export const ENDS_SESSION = 'imprimatur:ends-session';
export const PUBLIC = 'imprimatur:public';
export const LICENSE_KEY = 'imprimatur:license-key';
export const RECENT_SIGN_IN = 'imprimatur:recent-sign-in';
export const OPEN_TO_PARTNERS = 'imprimatur:open-to-partners';

/** Request with the results of TenantGuard. */
export interface AuthenticatedRequest extends FastifyRequest {
  principal?: Principal;
  /** Session by which the principal signed in. */
  session?: KnownSession;
  /** Actor of one tenant. */
  actor?: Actor;
  platformActor?: PlatformActor;
  /** Tenant of the actor. */
  tenant?: KnownTenant;
}

const TenantHeader = () =>
  ApiHeader({
    name: 'X-Tenant-Id',
    required: false,
    description: 'Tenant to act for. Platform keys only.',
    schema: { type: 'string', pattern: TENANT_ID.source },
  });

/** Requires a permission. A route with none of the four access decorators is closed to every caller. */
export const RequirePermission = (permission: Permission) =>
  applyDecorators(
    SetMetadata(PERMISSION, permission),
    ApiBearerAuth('api-key'),
    ApiExtension('x-permission', permission),
    ...(isPlatformPermission(permission) ? [] : [TenantHeader()]),
  );

/** Opens a route to every valid API key or access token, whatever its permissions. */
export const Authenticated = () =>
  applyDecorators(SetMetadata(AUTHENTICATED, true), ApiBearerAuth('api-key'), TenantHeader());

/**
 * Opens a route to every session, also of a partner's key. Its parameter is CurrentSession. One that ends the session is open also while its
 * tenant is suspended, its partner is not approved, or its network is not allowed.
 */
export const SessionRoute = ({ endsSession = false } = {}) =>
  applyDecorators(
    SetMetadata(AUTHENTICATED, true),
    SetMetadata(OPEN_TO_PARTNERS, true),
    SetMetadata(ENDS_SESSION, endsSession),
    ApiCookieAuth('session'),
  );

/**
 * Opens a route to callers with a license key in the body, which the handler must check first. An API key that is sent as well must have
 * the permission, and then the license must belong to its tenant.
 */
export const LicenseKeyRoute = (permission: TenantPermission) =>
  applyDecorators(SetMetadata(LICENSE_KEY, true), ApiSecurity({}), RequirePermission(permission));

/**
 * Opens a route to the keys of partners, which every other route refuses. Its handler must read and write within the scope of its actor:
 * by `UnitOfWork.perform`, or by `readAs`. `action` is the one that the pool of the license must allow.
 */
export const OpenToPartners = (action?: string) =>
  applyDecorators(
    SetMetadata(OPEN_TO_PARTNERS, true),
    ApiExtension('x-open-to-partners', true),
    ...(action === undefined ? [] : [ApiExtension('x-partner-action', action)]),
  );

/** Lets a session reach secrets by this route only while its sign-in is recent. API keys and access tokens need none. */
export const RequireRecentSignIn = () => SetMetadata(RECENT_SIGN_IN, true);

/** Opens a route to unauthenticated callers. */
export const Public = () => SetMetadata(PUBLIC, true);

export const CurrentActor = createParamDecorator((_: unknown, context: ExecutionContext) =>
  found('actor', context.switchToHttp().getRequest<AuthenticatedRequest>().actor),
);

/** Platform actor; only for routes that require a platform permission. */
export const CurrentPlatformActor = createParamDecorator((_: unknown, context: ExecutionContext) =>
  found('platform actor', context.switchToHttp().getRequest<AuthenticatedRequest>().platformActor),
);

/** Actor of the request, or its platform actor if the request has no tenant. */
export const CurrentCaller = createParamDecorator((_: unknown, context: ExecutionContext) => {
  const { actor, platformActor } = context.switchToHttp().getRequest<AuthenticatedRequest>();
  return found('caller', actor ?? platformActor);
});

/** Session of the request; only for routes of the session itself. Throws UnauthenticatedError for a caller with a key. */
export const CurrentSession = createParamDecorator((_: unknown, context: ExecutionContext) => {
  const { session } = context.switchToHttp().getRequest<AuthenticatedRequest>();
  if (!session) throw new UnauthenticatedError();
  return session;
});

function found<T>(what: string, value: T | undefined): T {
  if (value === undefined) throw new Error(`A route asked for the ${what} and the guard named none.`);
  return value;
}
