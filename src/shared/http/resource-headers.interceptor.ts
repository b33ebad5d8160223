import { Injectable, type CallHandler, type ExecutionContext, type NestInterceptor } from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import type { FastifyReply } from 'fastify';
import { tap, type Observable } from 'rxjs';
import { LOCATION } from './api.decorators.js';

type Resource = Record<string, unknown> & { readonly version?: unknown };

/** Sets what follows from the result: `Location` where `@CreatedAt` asks for it, `ETag` where it has a version. */
@Injectable()
export class ResourceHeadersInterceptor implements NestInterceptor {
  constructor(private readonly reflector: Reflector) {}

  intercept(context: ExecutionContext, next: CallHandler<Resource | null>): Observable<unknown> {
    const location = this.reflector.get<{ collection: string; idField: string } | undefined>(
      LOCATION,
      context.getHandler(),
    );
    const reply = context.switchToHttp().getResponse<FastifyReply>();
    return next.handle().pipe(
      tap((result) => {
        if (location) {
          const id = encodeURIComponent(String(result?.[location.idField]));
          void reply.header('Location', `${location.collection}/${id}`);
        }
        if (typeof result?.version === 'number') void reply.header('ETag', `"${result.version}"`);
      }),
    );
  }
}
