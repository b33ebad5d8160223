import { Injectable, UnsupportedMediaTypeException, type CanActivate, type ExecutionContext } from '@nestjs/common';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { networkOf } from '../limits/failure-limit.js';
import type { ArrivingBodies } from './arriving-bodies.js';
import type { InFlight } from './in-flight.js';
import { parseJson } from './json-body.js';
import { OverloadedError } from './problem.errors.js';
import { RequestBody } from './request-body.js';
import { assertUtf8Charset, decodeUtf8 } from './utf8.js';

const JSON_TYPES = ['application/json', 'application/merge-patch+json'];

/** Of a request whose media type no route takes. */
const UNSUPPORTED = Symbol('unsupported media type');

/** Lets bodies arrive while the guards look at their requests. BodyGuard reads them. */
export function receiveBodies(fastify: FastifyInstance, arriving: ArrivingBodies, inFlight: InFlight): void {
  fastify.removeAllContentTypeParsers();
  fastify.addContentTypeParser(JSON_TYPES, (request, payload, done) => {
    if (request.is404) {
      done(null);
      return;
    }
    const body = new RequestBody(payload, request.routeOptions.bodyLimit, arriving, inFlight);
    body.receive(() => networkOf(request.ip));
    done(null, body);
  });
  fastify.addContentTypeParser('*', ({ headers, is404 }, _payload, done) => {
    done(null, is404 || headers['content-length'] === '0' ? undefined : UNSUPPORTED);
  });
  fastify.addHook('onResponse', ({ body }, _reply, done) => {
    if (body instanceof RequestBody) body.discard();
    done();
  });
}

/**
 * Stands behind the guards that know the caller by its headers, and reads the body: JSON, of a JSON Merge Patch (RFC 7396) too. A
 * stream is left to its route.
 */
@Injectable()
export class BodyGuard implements CanActivate {
  /** Throws UnsupportedMediaTypeException, MalformedJsonError, NotUtf8Error and what RequestBody throws. */
  async canActivate(context: ExecutionContext): Promise<boolean> {
    const http = context.switchToHttp();
    const request = http.getRequest<FastifyRequest>();
    const { body, headers } = request;
    if (body === undefined) return true;
    if (body === UNSUPPORTED) throw new UnsupportedMediaTypeException();
    assertUtf8Charset(headers['content-type']);
    assertNotEncoded(headers['content-encoding']);
    if (body instanceof RequestBody) request.body = parseJson(decodeUtf8(await this.read(body, http.getResponse())));
    return true;
  }

  /** A connection whose body had to give way is closed, or the rest of it would go on arriving. */
  private async read(body: RequestBody, reply: FastifyReply): Promise<Buffer> {
    try {
      return await body.read();
    } catch (error) {
      if (error instanceof OverloadedError) void reply.header('Connection', 'close');
      throw error;
    }
  }
}

function assertNotEncoded(encoding: string | undefined): void {
  if (encoding === undefined || encoding.toLowerCase() === 'identity') return;
  throw new UnsupportedMediaTypeException('Send the body without Content-Encoding.', {
    errorCode: 'UNSUPPORTED_MEDIA_TYPE',
  });
}
