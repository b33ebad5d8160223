import type { IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import { PassThrough, type Readable } from 'node:stream';
import {
  applyDecorators,
  createParamDecorator,
  Injectable,
  StreamableFile,
  UnsupportedMediaTypeException,
  UseInterceptors,
  type CallHandler,
  type ExecutionContext,
  type NestInterceptor,
} from '@nestjs/common';
import { RouteConfig } from '@nestjs/platform-fastify';
import { ApiBody, ApiConsumes, ApiOkResponse } from '@nestjs/swagger';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { map, type Observable } from 'rxjs';
import type { AuthenticatedRequest } from '../../access/access.decorators.js';
import { BatchSlots } from '../batch-slots.js';
import { csvRows, type CsvRow, type InvalidRow } from './csv-rows.js';
import { readLines, type BodyLimits, type InvalidLine, type Line } from './lines.js';
import { untilClosed } from '../tenant-slots.js';
import { closeBehindAnswer } from '../unread-body.js';

export const NDJSON = 'application/x-ndjson';
export const CSV = 'text/csv';
/** Minimum idle time before a batch connection is closed. Longer than the wait for a line, so that a slow line gets its problem first. */
const IDLE_MS = 60_000;
/** Last NDJSON request of each connection. */
const streams = new WeakMap<Socket, IncomingMessage>();

/**
 * Writes one NDJSON line per item of the route. Writing does not wait for the client, which may send everything before it reads, so the
 * batch holds its slot until all lines are written and the response has left the memory.
 */
@Injectable()
export class NdjsonAnswer implements NestInterceptor<AsyncIterable<object>, StreamableFile> {
  constructor(private readonly slots: BatchSlots) {}

  /** Throws OverloadedError. */
  intercept(context: ExecutionContext, next: CallHandler<AsyncIterable<object>>): Observable<StreamableFile> {
    const http = context.switchToHttp();
    const free = this.slots.take(http.getRequest<AuthenticatedRequest>().actor?.tenantId);
    let written = Promise.resolve();
    void untilClosed(http.getResponse<FastifyReply>().raw)
      .then(() => written)
      .then(free);
    return next.handle().pipe(
      map((items) => {
        const out = new PassThrough();
        written = writeLines(items, out);
        return new StreamableFile(out, { type: NDJSON });
      }),
    );
  }
}

/**
 * Declares a route that takes and returns NDJSON; `item` and `result` are components of the OpenAPI document. All other routes reject
 * NDJSON as an unsupported media type.
 */
export const Ndjson = (item: string, result: string, { csv = false } = {}) =>
  applyDecorators(
    RouteConfig({ ndjson: true, csv }),
    UseInterceptors(NdjsonAnswer),
    ApiConsumes(NDJSON, ...(csv ? [CSV] : [])),
    ApiBody({
      description: 'One JSON object per line.',
      required: true,
      schema: linesOf(item),
    }),
    ApiOkResponse({
      description: 'One result per input line, in the same order.',
      content: { [NDJSON]: { schema: linesOf(result) } },
    }),
  );

/**
 * Text whose lines have this schema, as OpenAPI 3.1 has no type for a stream. With `format: binary`, generated clients send and return the
 * bytes as they are; Swagger UI has a text field nevertheless (swagger-ui.ts).
 */
export function linesOf(component: string) {
  return {
    type: 'string',
    format: 'binary',
    contentSchema: { $ref: `#/components/schemas/${component}` },
  } as const;
}

/** Lines of the body as they arrive, each within the request timeout. A body that is not read to its end closes its connection. */
export const NdjsonLines = createParamDecorator((_: unknown, context: ExecutionContext) => ndjsonLinesOf(context));

/** Returns the rows of a CSV body; undefined if the body is NDJSON. */
export function csvRowsOf(context: ExecutionContext): AsyncIterable<CsvRow | InvalidRow> | undefined {
  const { headers } = context.switchToHttp().getRequest<FastifyRequest>();
  const isCsv = headers['content-type']?.toLowerCase().startsWith(CSV);
  return isCsv ? csvRows(ndjsonLinesOf(context, { keepEmpty: true })) : undefined;
}

export function ndjsonLinesOf(
  context: ExecutionContext,
  options: Pick<BodyLimits, 'keepEmpty'> = {},
): AsyncIterable<Line | InvalidLine> {
  const http = context.switchToHttp();
  const { body, raw, server } = http.getRequest<FastifyRequest>();
  const { raw: response } = http.getResponse<FastifyReply>();
  if (!isReadable(body)) throw new UnsupportedMediaTypeException();
  const { requestTimeout } = server.server;
  streams.set(raw.socket.setTimeout(Math.max(IDLE_MS, 2 * requestTimeout)), raw);
  response.once('finish', () => {
    if (!raw.complete) closeBehindAnswer(raw, response, requestTimeout);
  });
  return readLines(body, { ...options, lineMs: requestTimeout });
}

/** Returns true while an NDJSON body arrives over this connection; the time limit of requests does not apply to it. */
export function isStreaming(socket: Socket): boolean {
  return streams.get(socket)?.complete === false;
}

/** Writes the lines of one turn of the event loop together. Stops reading items when the client has left. Never rejects. */
async function writeLines(items: AsyncIterable<object>, out: PassThrough): Promise<void> {
  let lines = '';
  const flush = () => {
    if (!out.destroyed && lines !== '') out.write(lines);
    lines = '';
  };
  try {
    for await (const item of items) {
      if (out.destroyed) return;
      if (lines === '') setImmediate(flush);
      lines += `${JSON.stringify(item)}\n`;
    }
    flush();
    out.end();
  } catch (error) {
    out.destroy(error as Error);
  }
}

function isReadable(body: unknown): body is Readable {
  return typeof (body as Readable | null | undefined)?.pipe === 'function';
}
