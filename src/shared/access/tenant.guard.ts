import { Injectable, type CanActivate, type ExecutionContext } from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import type { FastifyReply } from 'fastify';
import { InvalidParameterError } from '../errors.js';
import { AuthFailureLimit } from '../limits/auth-failure-limit.js';
import {
  AUTHENTICATED,
  ENDS_SESSION,
  LICENSE_KEY,
  OPEN_TO_PARTNERS,
  PERMISSION,
  PUBLIC,
  RECENT_SIGN_IN,
  type AuthenticatedRequest,
} from './access.decorators.js';
import {
  NetworkNotAllowedError,
  NotOpenToPartnersError,
  PartnerNotApprovedError,
  PermissionDeniedError,
  RecentSignInRequiredError,
  TenantNotFoundError,
  TenantRequiredError,
  TenantSuspendedError,
  UnauthenticatedError,
} from './access.errors.js';
import { Actor, PlatformActor } from './actor.js';
import {
  Authenticator,
  KnownTenants,
  type AuthenticationOptions,
  type KnownTenant,
  type Principal,
} from './authenticator.js';
import { isPlatformPermission, withinTenant, type Permission } from './permissions.js';
import { SessionAuthenticator, type KnownSession } from './session-authenticator.js';
import { isTenantId } from '../tenant-id.js';

/** A principal, with the session by which it signed in. */
type Authenticated = Pick<KnownSession, 'principal'> & { readonly session?: KnownSession };

/** Access rule of a route. */
interface Access {
  readonly isPublic: boolean;
  /** Accepts a license key in the body instead of an API key. */
  readonly acceptsLicenseKey: boolean;
  readonly anyAuthenticated: boolean;
  /** Is open to whoever has the session, also while it may do nothing else. */
  readonly endsSession: boolean;
  readonly permission: Permission | undefined;
  readonly openToPartners: boolean;
  readonly needsRecentSignIn: boolean;
}

/** Authenticates and authorizes every request; denies by default. On routes of a tenant it attaches an actor with one tenant. */
@Injectable()
export class TenantGuard implements CanActivate {
  /** Cached access rules by controller and handler, because controllers may share an inherited handler. */
  private readonly access = new Map<unknown, Map<unknown, Access>>();

  constructor(
    private readonly reflector: Reflector,
    private readonly authenticator: Authenticator,
    private readonly tenants: KnownTenants,
    private readonly sessions: SessionAuthenticator,
    private readonly failures: AuthFailureLimit,
  ) {}

  async canActivate(context: ExecutionContext): Promise<boolean> {
    const access = this.accessTo(context);
    const { isPublic, acceptsLicenseKey, anyAuthenticated, permission, openToPartners, needsRecentSignIn } = access;
    if (isPublic) return true;
    const http = context.switchToHttp();
    const request = http.getRequest<AuthenticatedRequest>();
    if (acceptsLicenseKey && request.headers.authorization === undefined) return true;
    const principal = await this.authenticate(request, http.getResponse<FastifyReply>());
    if (access.endsSession) return true;
    if (!principal.admits(request.ip)) throw new NetworkNotAllowedError();
    // Routes that accept a license key report the suspension in their own response.
    if (principal.tenant?.suspended && !acceptsLicenseKey) throw new TenantSuspendedError();
    if (!anyAuthenticated && !(permission && principal.permissions.has(permission)))
      throw new PermissionDeniedError(permission);
    if (needsRecentSignIn && request.session?.isRecent === false) throw new RecentSignInRequiredError();
    if (principal.partner) {
      if (!principal.partner.approved) throw new PartnerNotApprovedError();
      if (!openToPartners) throw new NotOpenToPartnersError();
    }
    await this.attachActor(request, principal, permission);
    return true;
  }

  private accessTo(context: ExecutionContext): Access {
    const [handler, controller] = [context.getHandler(), context.getClass()];
    const cached = this.access.get(controller)?.get(handler);
    if (cached) return cached;
    const route = [handler, controller];
    const access = {
      isPublic: this.reflector.getAllAndOverride<boolean | undefined>(PUBLIC, route) === true,
      acceptsLicenseKey: this.reflector.getAllAndOverride<boolean | undefined>(LICENSE_KEY, route) === true,
      anyAuthenticated: this.reflector.getAllAndOverride<boolean | undefined>(AUTHENTICATED, route) === true,
      endsSession: this.reflector.getAllAndOverride<boolean | undefined>(ENDS_SESSION, route) === true,
      permission: this.reflector.getAllAndOverride<Permission | undefined>(PERMISSION, route),
      openToPartners: this.reflector.getAllAndOverride<boolean | undefined>(OPEN_TO_PARTNERS, route) === true,
      needsRecentSignIn: this.reflector.getAllAndOverride<boolean | undefined>(RECENT_SIGN_IN, route) === true,
    };
    this.access.set(controller, (this.access.get(controller) ?? new Map<unknown, Access>()).set(handler, access));
    return access;
  }

  /** A session counts only without `Authorization`. */
  private async authenticate(request: AuthenticatedRequest, reply: FastifyReply): Promise<Principal> {
    const { authorization } = request.headers;
    const token = /^Bearer +(\S+)$/i.exec(authorization ?? '')?.[1];
    const found =
      authorization === undefined
        ? (ofSession(this.sessions.getCached(request)) ??
          (await this.attempt(request, async (options) =>
            ofSession(await this.sessions.authenticate(request, options)),
          )))
        : (ofPrincipal(token && this.authenticator.getCached(token)) ??
          (await this.attempt(request, async (options) =>
            ofPrincipal(token && (await this.authenticator.authenticate(token, options))),
          )));
    if (!found) {
      reply.header('WWW-Authenticate', 'Bearer realm="imprimatur"');
      throw new UnauthenticatedError();
    }
    const { principal, session } = found;
    request.principal = principal;
    if (session) request.session = session;
    return principal;
  }

  /** Authenticates a credential. A valid one passes even from a blocked address, since its 190 random bits cannot be guessed. */
  private async attempt(
    { ip }: AuthenticatedRequest,
    authenticate: (options: AuthenticationOptions) => Promise<Authenticated | undefined>,
  ): Promise<Authenticated | undefined> {
    let refusal: UnauthenticatedError | undefined;
    const found = await this.failures.attempt(ip, (paced) =>
      authenticate({ paced }).catch((error: unknown) => {
        // An invalid access token counts as a failure like an invalid API key.
        if (!(error instanceof UnauthenticatedError)) throw error;
        refusal = error;
        return undefined;
      }),
    );
    if (refusal) throw refusal;
    return found;
  }

  /** Attaches a platform actor to a platform principal, and an actor unless the permission is a platform permission. */
  private async attachActor(request: AuthenticatedRequest, principal: Principal, permission: Permission | undefined) {
    const { subject, permissions, bounds, partner } = principal;
    if (principal.tenant === null) request.platformActor = new PlatformActor(subject, permissions, bounds);
    if (permission && isPlatformPermission(permission)) return;
    const tenant = await this.tenantOf(principal, request.headers['x-tenant-id']);
    if (tenant === undefined) {
      if (permission) throw new TenantRequiredError();
      return;
    }
    request.tenant = tenant;
    request.actor =
      request.platformActor?.actFor(tenant.id) ??
      new Actor(tenant.id, subject, withinTenant(permissions), bounds, partner?.id);
  }

  /** Returns the tenant to act for. X-Tenant-Id may name another tenant only with `tenants:act-as`, else it is an error. */
  private async tenantOf({ tenant, permissions }: Principal, requestedId: unknown): Promise<KnownTenant | undefined> {
    if (requestedId === undefined || requestedId === tenant?.id) return tenant ?? undefined;
    if (!permissions.has('tenants:act-as')) throw new PermissionDeniedError('tenants:act-as');
    if (!isTenantId(requestedId)) throw new InvalidParameterError('X-Tenant-Id', 'must be a tenant id');
    const found = await this.tenants.findTenant(requestedId);
    if (!found) throw new TenantNotFoundError();
    return found;
  }
}

function ofSession(session: KnownSession | undefined): Authenticated | undefined {
  return session && { principal: session.principal, session };
}

function ofPrincipal(principal: Principal | '' | undefined): Authenticated | undefined {
  return principal ? { principal } : undefined;
}
