import {
  Injectable,
  StreamableFile,
  type CallHandler,
  type ExecutionContext,
  type NestInterceptor,
} from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { lastValueFrom, of, tap, type Observable } from 'rxjs';
import { jsonOf } from '../json-text.js';
import { ExportRegistry } from './exports.js';
import { preferredFormat, requestedFormat, type Row } from './export-formats.js';
import type { Page } from '../paging.js';
import { MAX_LIMIT } from '../../persistence/page-request.js';

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
    const format = requestedFormat(request.query) ?? preferredFormat(request.raw);
    if (!format) return next.handle().pipe(tap(() => serializeBy(takeBytes, http.getResponse())));
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

/** Sets the serializer of a JSON response. Fastify sends bytes as they are, although its type knows only text. */
function serializeBy(serialize: (page: Page<Row>) => Buffer, reply: FastifyReply): void {
  reply.header('content-type', 'application/json; charset=utf-8').serializer(serialize as unknown as () => string);
}

/**
 * Serializes a page and takes its rows out of it: the promises of a request that has waited are old objects, and V8 keeps their values
 * until its next full collection, which costs as much as many pages.
 */
function takeBytes({ data, next_cursor: cursor }: Page<Row>): Buffer {
  const rows = data.splice(0).map((row, at) => `${at === 0 ? '' : ','}${jsonOf(row)}`);
  return Buffer.from(['{"data":[', ...rows, `],"next_cursor":${JSON.stringify(cursor)}}`].join(''));
}

/** Returns the last segment of the path. */
function collectionName({ routeOptions: { url = '' } }: FastifyRequest): string {
  return url.slice(url.lastIndexOf('/') + 1);
}
