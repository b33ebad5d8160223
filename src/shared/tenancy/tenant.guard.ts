import { Injectable, type CanActivate, type ExecutionContext } from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import type { FastifyReply } from 'fastify';
import { PERMISSION, PUBLIC, type AuthenticatedRequest } from './access.decorators.js';
import { PermissionDeniedError, TenantSuspendedError, UnauthenticatedError } from './access.errors.js';
import type { Actor } from './actor.js';
import { Authenticator } from './authenticator.js';
import type { Permission } from './permissions.js';

/** Stands before every route and denies by default. What it lets through carries an actor with exactly one tenant. */
@Injectable()
export class TenantGuard implements CanActivate {
  constructor(
    private readonly reflector: Reflector,
    private readonly authenticator: Authenticator,
  ) {}

  async canActivate(context: ExecutionContext): Promise<boolean> {
    const route = [context.getHandler(), context.getClass()];
    if (this.reflector.getAllAndOverride<boolean | undefined>(PUBLIC, route)) return true;
    const http = context.switchToHttp();
    const request = http.getRequest<AuthenticatedRequest>();
    request.actor = await this.identify(request, http.getResponse<FastifyReply>());
    const permission = this.reflector.getAllAndOverride<Permission | undefined>(PERMISSION, route);
    if (!permission || !request.actor.may(permission)) throw new PermissionDeniedError(permission);
    return true;
  }

  private async identify(request: AuthenticatedRequest, reply: FastifyReply): Promise<Actor> {
    const token = /^Bearer +(\S+)$/i.exec(request.headers.authorization ?? '')?.[1];
    const known = token === undefined ? undefined : await this.authenticator.authenticate(token);
    if (!known) {
      reply.header('WWW-Authenticate', 'Bearer realm="imprimatur"');
      throw new UnauthenticatedError();
    }
    if ('suspended' in known) throw new TenantSuspendedError();
    return known.actor;
  }
}
