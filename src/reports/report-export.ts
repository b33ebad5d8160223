import {
  Injectable,
  StreamableFile,
  type CallHandler,
  type ExecutionContext,
  type NestInterceptor,
} from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import type { FastifyRequest } from 'fastify';
import { lastValueFrom, of, type Observable } from 'rxjs';
import { preferredFormat, type Row } from '../shared/http/streams/export-formats.js';

export const REPORT_COLUMNS = 'imprimatur:report-columns';

/** Returns the rows of a report if the caller accepts NDJSON or CSV. A report is small, so it is written at once. */
@Injectable()
export class ReportExportInterceptor implements NestInterceptor {
  constructor(private readonly reflector: Reflector) {}

  async intercept(
    context: ExecutionContext,
    next: CallHandler<{ readonly data: readonly Row[] }>,
  ): Promise<Observable<unknown>> {
    const request = context.switchToHttp().getRequest<FastifyRequest>();
    const format = preferredFormat(request.raw);
    if (!format) return next.handle();
    const { data } = await lastValueFrom(next.handle());
    const columns = this.reflector.get<readonly string[]>(REPORT_COLUMNS, context.getHandler());
    const parts: string[] = [];
    for await (const part of format.write(inOnePage(data), columns)) parts.push(part);
    const { url = '' } = request.routeOptions;
    const disposition = `attachment; filename="${url.slice(url.lastIndexOf('/') + 1)}.${format.fileExtension}"`;
    return of(new StreamableFile(Buffer.from(parts.join('')), { type: format.contentType, disposition }));
  }
}

// oxlint-disable-next-line typescript/require-await -- formats take pages that arrive one by one
async function* inOnePage(rows: readonly Row[]): AsyncGenerator<readonly Row[]> {
  yield rows;
}
