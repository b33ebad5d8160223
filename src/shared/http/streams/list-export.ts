import {
  Injectable,
  StreamableFile,
  type CallHandler,
  type ExecutionContext,
  type NestInterceptor,
} from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { lastValueFrom, of, type Observable } from 'rxjs';
import { ExportRegistry } from './exports.js';
import { preferredFormat, type Row } from './export-formats.js';
import { MAX_LIMIT, type Page } from '../paging.js';

export const COLUMNS = 'imprimatur:columns';

/** Answers with the whole list where the caller asks for NDJSON or CSV instead of a page. */
@Injectable()
export class ListExportInterceptor implements NestInterceptor {
  constructor(
    private readonly reflector: Reflector,
    private readonly exports: ExportRegistry,
  ) {}

  async intercept(context: ExecutionContext, next: CallHandler<Page<Row>>): Promise<Observable<unknown>> {
    const http = context.switchToHttp();
    const request = http.getRequest<FastifyRequest>();
    const form = preferredFormat(request.raw);
    if (!form) return next.handle();
    const columns = this.reflector.get<readonly string[]>(COLUMNS, context.getHandler());
    const { raw: response } = http.getResponse<FastifyReply>();
    const stream = await this.exports.start(form.write(pagesOf(request, next), columns), request, response);
    const disposition = `attachment; filename="${collectionName(request)}.${form.fileExtension}"`;
    return of(new StreamableFile(stream, { type: form.contentType, disposition }));
  }
}

/**
 * Asks the route for page after page, as a client would: the same validation, the same query, a short transaction each. With
 * a limit it is that page alone.
 */
async function* pagesOf(request: FastifyRequest, next: CallHandler<Page<Row>>): AsyncGenerator<Row[]> {
  const asked = request.query as Readonly<Record<string, unknown>>;
  const isWhole = asked.limit === undefined;
  if (isWhole) request.query = { ...asked, limit: String(MAX_LIMIT) };
  for (;;) {
    const { data, next_cursor: cursor } = await lastValueFrom(next.handle());
    yield data;
    if (!isWhole || cursor === null) return;
    request.query = { ...asked, limit: String(MAX_LIMIT), cursor };
  }
}

/** That of the collection: the last word of its path. */
function collectionName({ routeOptions: { url = '' } }: FastifyRequest): string {
  return url.slice(url.lastIndexOf('/') + 1);
}
