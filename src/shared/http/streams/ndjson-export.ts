import {
  applyDecorators,
  Injectable,
  StreamableFile,
  UseInterceptors,
  type CallHandler,
  type ExecutionContext,
  type NestInterceptor,
} from '@nestjs/common';
import { ApiOkResponse } from '@nestjs/swagger';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { lastValueFrom, of, type Observable } from 'rxjs';
import { ExportRegistry } from './exports.js';
import { linesOf, NDJSON } from './ndjson.js';

type Pages = AsyncIterable<readonly object[]>;

/** Writes the rows of the route's pages as lines, as fast as the client reads them. */
@Injectable()
export class NdjsonExport implements NestInterceptor<Pages, StreamableFile> {
  constructor(private readonly exports: ExportRegistry) {}

  async intercept(context: ExecutionContext, next: CallHandler<Pages>): Promise<Observable<StreamableFile>> {
    const http = context.switchToHttp();
    const { raw: response } = http.getResponse<FastifyReply>();
    const pages = await lastValueFrom(next.handle());
    const stream = await this.exports.start(linesOfPages(pages), http.getRequest<FastifyRequest>(), response);
    return of(new StreamableFile(stream, { type: NDJSON }));
  }
}

/** Declares a route that returns pages of rows, which are sent as NDJSON; `row` is a component of the OpenAPI document. */
export const NdjsonOf = (row: string) =>
  applyDecorators(
    UseInterceptors(NdjsonExport),
    ApiOkResponse({ description: 'One row per line.', content: { [NDJSON]: { schema: linesOf(row) } } }),
  );

async function* linesOfPages(pages: Pages): AsyncGenerator<string> {
  for await (const rows of pages) yield rows.map((row) => `${JSON.stringify(row)}\n`).join('');
}
