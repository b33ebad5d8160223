import { Injectable, type CanActivate, type ExecutionContext } from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import type { FastifyReply } from 'fastify';
import { InvalidParameterError } from '../errors.js';
import { AuthFailureLimit } from '../limits/auth-failure-limit.js';
import { AUTHENTICATED, LICENSE_KEY, PERMISSION, PUBLIC, type AuthenticatedRequest } from './access.decorators.js';
import {
  NetworkNotAllowedError,
  PermissionDeniedError,
  TenantNotFoundError,
  TenantRequiredError,
  TenantSuspendedError,
  UnauthenticatedError,
} from './access.errors.js';
import { Actor, PlatformActor } from './actor.js';
import { Authenticator, type KnownTenant, type Principal } from './authenticator.js';
import { isPlatformPermission, withinTenant, type Permission } from './permissions.js';
import { isTenantId } from '../tenant-id.js';

/** Who may call a route. */
interface Access {
  readonly isPublic: boolean;
  /** A license key in the body will do instead of an API key. */
  readonly acceptsLicenseKey: boolean;
  readonly anyAuthenticated: boolean;
  readonly permission: Permission | undefined;
}

/** Stands before every route and denies by default. What it lets through carries an actor with exactly one tenant. */
@Injectable()
export class TenantGuard implements CanActivate {
  /** What the decorators of each route say, read once; by controller, which may share a handler with another, and handler. */
  private readonly access = new Map<unknown, Map<unknown, Access>>();

  constructor(
    private readonly reflector: Reflector,
    private readonly authenticator: Authenticator,
    private readonly failures: AuthFailureLimit,
  ) {}

  async canActivate(context: ExecutionContext): Promise<boolean> {
    const { isPublic, acceptsLicenseKey, anyAuthenticated, permission } = this.accessTo(context);
    if (isPublic) return true;
    const http = context.switchToHttp();
    const request = http.getRequest<AuthenticatedRequest>();
    if (acceptsLicenseKey && request.headers.authorization === undefined) return true;
    const principal = await this.authenticate(request, http.getResponse<FastifyReply>());
    // A program that shows a license key is told by what answers it.
    if (principal.tenant?.suspended && !acceptsLicenseKey) throw new TenantSuspendedError();
    if (!anyAuthenticated && !(permission && principal.permissions.has(permission)))
      throw new PermissionDeniedError(permission);
    await this.attachActor(request, principal, permission);
    return true;
  }

  private accessTo(context: ExecutionContext): Access {
    const [handler, controller] = [context.getHandler(), context.getClass()];
    const known = this.access.get(controller)?.get(handler);
    if (known) return known;
    const route = [handler, controller];
    const access = {
      isPublic: this.reflector.getAllAndOverride<boolean | undefined>(PUBLIC, route) === true,
      acceptsLicenseKey: this.reflector.getAllAndOverride<boolean | undefined>(LICENSE_KEY, route) === true,
      anyAuthenticated: this.reflector.getAllAndOverride<boolean | undefined>(AUTHENTICATED, route) === true,
      permission: this.reflector.getAllAndOverride<Permission | undefined>(PERMISSION, route),
    };
    this.access.set(controller, (this.access.get(controller) ?? new Map<unknown, Access>()).set(handler, access));
    return access;
  }

  private async authenticate(request: AuthenticatedRequest, reply: FastifyReply): Promise<Principal> {
    const token = /^Bearer +(\S+)$/i.exec(request.headers.authorization ?? '')?.[1];
    const principal =
      (token && this.authenticator.getCached(token)) ?? (await this.authenticateToken(token, request.ip));
    if (!principal) {
      reply.header('WWW-Authenticate', 'Bearer realm="imprimatur"');
      throw new UnauthenticatedError();
    }
    request.principal = principal;
    if (!principal.admits(request.ip)) throw new NetworkNotAllowedError();
    return principal;
  }

  /** A valid key passes also from an address that is blocked: 190 random bits are not found by asking. */
  private async authenticateToken(token: string | undefined, address: string): Promise<Principal | undefined> {
    let refusal: UnauthenticatedError | undefined;
    const principal = await this.failures.attempt(address, async (exceeded) => {
      if (token === undefined) return undefined;
      return this.authenticator.authenticate(token, { paced: exceeded }).catch((error: unknown) => {
        // A refused token counts as a failure like a refused key.
        if (!(error instanceof UnauthenticatedError)) throw error;
        refusal = error;
        return undefined;
      });
    });
    if (refusal) throw refusal;
    return principal;
  }

  /** The platform's routes have a platform actor, a tenant's routes an actor; who merely asks has what fits. */
  private async attachActor(request: AuthenticatedRequest, principal: Principal, permission: Permission | undefined) {
    const { subject, permissions, bounds } = principal;
    if (principal.tenant === null) request.platformActor = new PlatformActor(subject, permissions, bounds);
    if (permission && isPlatformPermission(permission)) return;
    const tenant = await this.tenantOf(principal, request.headers['x-tenant-id']);
    if (tenant === undefined) {
      if (permission) throw new TenantRequiredError();
      return;
    }
    request.tenant = tenant;
    request.actor =
      request.platformActor?.actFor(tenant.id) ?? new Actor(tenant.id, subject, withinTenant(permissions), bounds);
  }

  /** A tenant's own is its only one: to name another is an error, not something to overlook. */
  private async tenantOf({ tenant, permissions }: Principal, named: unknown): Promise<KnownTenant | undefined> {
    if (named === undefined || named === tenant?.id) return tenant ?? undefined;
    if (!permissions.has('tenants:act-as')) throw new PermissionDeniedError('tenants:act-as');
    if (!isTenantId(named)) throw new InvalidParameterError('X-Tenant-Id', 'must be a tenant id');
    const found = await this.authenticator.findTenant(named);
    if (!found) throw new TenantNotFoundError();
    return found;
  }
}
