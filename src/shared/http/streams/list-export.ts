import {
  Injectable,
  StreamableFile,
  type CallHandler,
  type ExecutionContext,
  type NestInterceptor,
} from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { lastValueFrom, map, of, type Observable } from 'rxjs';
import { JsonText } from '../json-text.js';
import { ExportRegistry } from './exports.js';
import { preferredFormat, type Row } from './export-formats.js';
import { MAX_LIMIT, type Page } from '../paging.js';
import { joinJson } from '../../json.js';

export const COLUMNS = 'imprimatur:columns';

/** Returns the whole list if the caller accepts NDJSON or CSV instead of a page. */
@Injectable()
export class ListExportInterceptor implements NestInterceptor {
  constructor(
    private readonly reflector: Reflector,
    private readonly exports: ExportRegistry,
  ) {}

  async intercept(context: ExecutionContext, next: CallHandler<Page<Row>>): Promise<Observable<unknown>> {
    const http = context.switchToHttp();
    const request = http.getRequest<FastifyRequest>();
    const format = preferredFormat(request.raw);
    if (!format) return next.handle().pipe(map((page) => asJsonText(page, http.getResponse<FastifyReply>())));
    const columns = this.reflector.get<readonly string[]>(COLUMNS, context.getHandler());
    const { raw: response } = http.getResponse<FastifyReply>();
    const stream = await this.exports.start(format.write(pagesOf(request, next), columns), request, response);
    const disposition = `attachment; filename="${collectionName(request)}.${format.fileExtension}"`;
    return of(new StreamableFile(stream, { type: format.contentType, disposition }));
  }
}

/**
 * Calls the route once per page, as a client would, so that each page is one validated query in a short transaction. With a `limit` in the
 * query it yields only that page.
 */
async function* pagesOf(request: FastifyRequest, next: CallHandler<Page<Row>>): AsyncGenerator<Row[]> {
  const query = request.query as Readonly<Record<string, unknown>>;
  const isWhole = query.limit === undefined;
  if (isWhole) request.query = { ...query, limit: String(MAX_LIMIT) };
  for (;;) {
    const { data, next_cursor: cursor } = await lastValueFrom(next.handle());
    yield data;
    if (!isWhole || cursor === null) return;
    request.query = { ...query, limit: String(MAX_LIMIT), cursor };
  }
}

/** Returns a page whose rows are JSON already as the text of the response. */
function asJsonText(page: Page<Row>, reply: FastifyReply): Page<Row> | string {
  const rows = page.data.flatMap((row) => (row instanceof JsonText ? row.text : []));
  if (rows.length === 0) return page;
  reply.header('content-type', 'application/json; charset=utf-8');
  return `{"data":${joinJson(rows)},"next_cursor":${JSON.stringify(page.next_cursor)}}`;
}

/** Returns the last segment of the path. */
function collectionName({ routeOptions: { url = '' } }: FastifyRequest): string {
  return url.slice(url.lastIndexOf('/') + 1);
}
