import { applyDecorators, createParamDecorator, SetMetadata, type ExecutionContext } from '@nestjs/common';
import { ApiBearerAuth, ApiExtension } from '@nestjs/swagger';
import type { FastifyRequest } from 'fastify';
import type { Actor } from './actor.js';
import type { Permission } from './permissions.js';

export const PERMISSION = 'imprimatur:permission';
export const PUBLIC = 'imprimatur:public';

export interface AuthenticatedRequest extends FastifyRequest {
  actor?: Actor;
  /** What the actor's tenant demands of requests. */
  tenant?: { readonly requireIfMatch: boolean };
}

/** Who may call a route. A route with neither this nor `@Public()` is closed to everyone. */
export const RequirePermission = (permission: Permission) =>
  applyDecorators(
    SetMetadata(PERMISSION, permission),
    ApiBearerAuth('api-key'),
    ApiExtension('x-permission', permission),
  );

/** Open to callers without a key: health and documentation alone. */
export const Public = () => SetMetadata(PUBLIC, true);

export const CurrentActor = createParamDecorator((_: unknown, context: ExecutionContext) => {
  const { actor } = context.switchToHttp().getRequest<AuthenticatedRequest>();
  if (!actor) throw new Error('A route asked for the actor before the guard named one.');
  return actor;
});
