import type { Socket } from 'node:net';
import { PassThrough, type Readable } from 'node:stream';
import {
  applyDecorators,
  createParamDecorator,
  StreamableFile,
  UnsupportedMediaTypeException,
  type ExecutionContext,
} from '@nestjs/common';
import { RouteConfig } from '@nestjs/platform-fastify';
import { ApiBody, ApiConsumes, ApiOkResponse } from '@nestjs/swagger';
import type { FastifyInstance, FastifyRequest } from 'fastify';

export const NDJSON = 'application/x-ndjson';
/** A stream may take as long as it likes as long as something moves. */
export const IDLE_MS = 30_000;
const streaming = new WeakSet<Socket>();

/**
 * A route that takes a line of JSON for each item and gives one for each, both named as components of the OpenAPI document.
 * Everywhere else NDJSON is an unsupported media type.
 */
export const Ndjson = (item: string, result: string) =>
  applyDecorators(
    RouteConfig({ ndjson: true }),
    ApiConsumes(NDJSON),
    ApiBody({ description: 'A line for each item.', required: true, schema: reference(item) }),
    ApiOkResponse({
      description: 'A line for each line, in their order.',
      content: { [NDJSON]: { schema: reference(result) } },
    }),
  );

function reference(component: string) {
  return { $ref: `#/components/schemas/${component}` };
}

/** The body as it comes in. */
export const NdjsonBody = createParamDecorator((_: unknown, context: ExecutionContext): Readable => {
  const { body, raw } = context.switchToHttp().getRequest<FastifyRequest>();
  if (!isReadable(body)) throw new UnsupportedMediaTypeException();
  streaming.add(raw.socket.setTimeout(IDLE_MS));
  body.once('close', () => streaming.delete(raw.socket));
  return body;
});

/** Whether a request comes in over this connection that the time limit of requests is not for. */
export function isStreaming(socket: Socket): boolean {
  return streaming.has(socket);
}

/**
 * An answer of one line for each item, sent as they come. It goes on while nobody reads it, since many a client sends all
 * before it reads: what waits is as much as the items are. When the client is gone, no further item is asked for.
 */
export function ndjsonReply(items: AsyncIterable<object>): StreamableFile {
  const out = new PassThrough();
  void writeLines(items, out);
  return new StreamableFile(out, { type: NDJSON });
}

/** Lines that are there in one turn leave together. */
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

/** Lets bodies of such routes through unread. */
export function acceptNdjson(fastify: FastifyInstance): void {
  fastify.addContentTypeParser(NDJSON, (request, payload, done) => {
    const { ndjson } = request.routeOptions.config as { ndjson?: boolean };
    if (ndjson) done(null, payload);
    else done(new UnsupportedMediaTypeException());
  });
}

function isReadable(body: unknown): body is Readable {
  return typeof (body as Readable | null | undefined)?.pipe === 'function';
}
