import type { IncomingMessage } from 'node:http';
import { Injectable, UnsupportedMediaTypeException, type CanActivate, type ExecutionContext } from '@nestjs/common';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { ArrivingBodies } from './arriving-bodies.js';
import type { InFlight } from './in-flight.js';
import { parseJson } from './json-body.js';
import { CSV, NDJSON } from './streams/ndjson.js';
import { OverloadedError } from '../errors.js';
import { RequestBody } from './request-body.js';
import { hasBody } from './unread-body.js';
import { assertUtf8Charset, decodeUtf8 } from './utf8.js';
import { networkOf } from '../ip-network.js';

const FORM = 'application/x-www-form-urlencoded';
const JSON_TYPES = ['application/json', 'application/merge-patch+json'];
/** Limit for bodies of unsupported media types, which must be empty. */
const UNSUPPORTED_BYTES = 0;

/** Receives bodies while the guards check the headers; BodyGuard then reads them. */
export function receiveBodies(fastify: FastifyInstance, arriving: ArrivingBodies, inFlight: InFlight): void {
  const receive = (request: FastifyRequest, payload: IncomingMessage, limitBytes: number) => {
    if (request.is404 || !hasBody(request.headers)) return undefined;
    const body = new RequestBody(payload, limitBytes, arriving, inFlight);
    body.receive(() => networkOf(request.ip));
    return body;
  };
  fastify.removeAllContentTypeParsers();
  fastify.addContentTypeParser(JSON_TYPES, (request, payload, done) => {
    done(null, receive(request, payload, request.routeOptions.bodyLimit));
  });
  fastify.addContentTypeParser(NDJSON, (request, payload, done) => {
    const { ndjson } = request.routeOptions.config as { ndjson?: boolean };
    done(null, ndjson ? payload : receive(request, payload, UNSUPPORTED_BYTES));
  });
  fastify.addContentTypeParser(FORM, (request, payload, done) => {
    done(null, receive(request, payload, isFormRoute(request) ? request.routeOptions.bodyLimit : UNSUPPORTED_BYTES));
  });
  fastify.addContentTypeParser(CSV, (request, payload, done) => {
    const { csv } = request.routeOptions.config as { csv?: boolean };
    done(null, csv ? payload : receive(request, payload, UNSUPPORTED_BYTES));
  });
  fastify.addContentTypeParser('*', (request, payload, done) => {
    done(null, receive(request, payload, UNSUPPORTED_BYTES));
  });
  fastify.addHook('onResponse', ({ body }, _reply, done) => {
    if (body instanceof RequestBody) body.discard();
    done();
  });
}

/**
 * Reads and parses the JSON body after the guards that authenticate the caller, so that unauthenticated bodies are not parsed.
 * An empty body becomes undefined. NDJSON streams are left to their route.
 */
@Injectable()
export class BodyGuard implements CanActivate {
  /** Throws UnsupportedMediaTypeException, MalformedJsonError, NotUtf8Error and what RequestBody throws. */
  async canActivate(context: ExecutionContext): Promise<boolean> {
    const http = context.switchToHttp();
    const request = http.getRequest<FastifyRequest>();
    const { body, headers } = request;
    if (body === undefined) return true;
    assertUtf8Charset(headers['content-type']);
    assertNotEncoded(headers['content-encoding']);
    if (body instanceof RequestBody) {
      const bytes = await this.read(body, http.getResponse());
      request.body = bytes.length === 0 ? undefined : parse(request, decodeUtf8(bytes));
    }
    return true;
  }

  /** Reads the body. Closes the connection of an evicted body, because the rest of it would continue to arrive. */
  private async read(body: RequestBody, reply: FastifyReply): Promise<Buffer> {
    try {
      return await body.read();
    } catch (error) {
      if (error instanceof OverloadedError) void reply.header('Connection', 'close');
      throw error;
    }
  }
}

/** Returns the content of the body; a form is taken only by the routes of other standards that send one. */
function parse(request: FastifyRequest, text: string): unknown {
  const isForm = isFormRoute(request) && request.headers['content-type']?.startsWith(FORM);
  return isForm ? Object.fromEntries(new URLSearchParams(text)) : parseJson(text);
}

function isFormRoute({ routeOptions }: FastifyRequest): boolean {
  return (routeOptions.config as { form?: boolean }).form === true;
}

function assertNotEncoded(encoding: string | undefined): void {
  if (encoding === undefined || encoding.toLowerCase() === 'identity') return;
  throw new UnsupportedMediaTypeException('Send the body without Content-Encoding.', {
    errorCode: 'UNSUPPORTED_MEDIA_TYPE',
  });
}
