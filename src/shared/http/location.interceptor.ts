import { Injectable, type CallHandler, type ExecutionContext, type NestInterceptor } from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import type { FastifyReply } from 'fastify';
import { tap, type Observable } from 'rxjs';
import { LOCATION } from './api.decorators.js';

/** Sets the header that `@CreatedAt` asks for, so that controllers only dispatch. */
@Injectable()
export class LocationInterceptor implements NestInterceptor {
  constructor(private readonly reflector: Reflector) {}

  intercept(context: ExecutionContext, next: CallHandler<Record<string, string>>): Observable<unknown> {
    const location = this.reflector.get<{ collection: string; idField: string } | undefined>(
      LOCATION,
      context.getHandler(),
    );
    if (!location) return next.handle();
    const reply = context.switchToHttp().getResponse<FastifyReply>();
    return next.handle().pipe(
      tap((result) => {
        void reply.header('Location', `${location.collection}/${encodeURIComponent(result[location.idField] ?? '')}`);
      }),
    );
  }
}
