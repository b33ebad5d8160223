import type { IncomingHttpHeaders, ServerResponse } from 'node:http';
import { Logger } from '@nestjs/common';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { newId } from './shared/random.js';
import type { Config } from './config.js';
import type { AuthenticatedRequest } from './shared/access/access.decorators.js';
import { ArrivingBodies } from './shared/http/arriving-bodies.js';
import { receiveBodies } from './shared/http/body.guard.js';
import { boundedRequest } from './shared/http/bounded-request.js';
import { answerClientError } from './shared/http/client-errors.js';
import { closeConnections, handleInTurn } from './shared/http/connections.js';
import { ignoreForwardedPorts } from './shared/http/forwarded-for.js';
import { limitInFlight, InFlight } from './shared/http/in-flight.js';
import { routeOf } from './shared/http/measure-requests.js';
import { Offenders } from './shared/http/offenders.js';
import { onOutcome, reportOutcome, reportOutcomes, reportWhenClosed } from './shared/http/outcomes.js';
import { refuseOtherMethods } from './shared/http/other-methods.js';
import { problem, sendProblem } from './shared/http/problem.js';
import { setResourceHeaders } from './shared/http/resource-headers.js';
import { isExpected, RefusalLog } from './shared/http/refusals.js';
import { API_HEADERS, pageHeaders } from './shared/http/security-headers.js';
import { dropUnreadBodies, dropUnreadBody } from './shared/http/unread-body.js';

const BODY_LIMIT_BYTES = 1024 * 1024;
/** Limit of the client API, whose callers are unknown until their body is read: a license key and at most 16 KiB of free-form JSON. */
const CLIENT_BODY_LIMIT_BYTES = 32 * 1024;
const CLIENT_API = '/v1/client/';
const HEADER_LIMIT_BYTES = 16 * 1024;
/** Far longer than any id, so that a long id is rejected as invalid and not as an unknown route. */
const MAX_PARAMETER_LENGTH = 2_000;
const REQUEST_ID = /^[A-Za-z0-9._:-]{1,128}$/;
/** Hooks listen to a response, and Fastify several times to a stream. Node warns of a leak above ten. */
const MAX_LISTENERS = 20;
/** Paths of pages for browsers; everything else is the API. */
const PAGES = ['/docs', '/admin'];
const EXPECTATION_FAILED = 'EXPECTATION_FAILED';

/** Creates the Fastify adapter with limits, headers and the request id of every response. */
export function createFastifyAdapter({ settings }: Config): FastifyAdapter {
  // A trusted proxy acts for many callers, and forwards neither pipelined requests nor the chunks of a client.
  let offenders: Offenders | undefined;
  const adapter = new FastifyAdapter({
    bodyLimit: BODY_LIMIT_BYTES,
    trustProxy: trustedProxies(settings.TRUST_PROXY),
    requestTimeout: settings.HTTP_REQUEST_TIMEOUT_MS,
    http: {
      IncomingMessage: boundedRequest((error, socket) => {
        fastify.server.emit('clientError', error, socket);
        offenders?.note(socket);
      }),
      // A request without Host gets a problem response, unlike Node's own.
      requireHostHeader: false,
      maxHeaderSize: HEADER_LIMIT_BYTES,
      headersTimeout: Math.min(settings.HTTP_HEADERS_TIMEOUT_MS, settings.HTTP_REQUEST_TIMEOUT_MS),
      // Interval in which Node closes connections past the two timeouts.
      connectionsCheckingInterval: Math.min(1_000, settings.HTTP_HEADERS_TIMEOUT_MS),
    },
    routerOptions: { maxParamLength: MAX_PARAMETER_LENGTH },
    clientErrorHandler: answerClientError,
    frameworkErrors: handleMalformedUrl,
    requestIdHeader: false,
    genReqId: (request: { readonly headers: IncomingHttpHeaders }) => {
      const given = request.headers['x-request-id'];
      return typeof given === 'string' && REQUEST_ID.test(given) ? given : newId();
    },
  });
  const fastify = adapter.getInstance<FastifyInstance>();
  fastify.server.prependListener('request', (_request, response) => response.setMaxListeners(MAX_LISTENERS));
  const inFlight = new InFlight(settings.MAX_IN_FLIGHT);
  if (settings.TRUST_PROXY === undefined) {
    warnOfProxies(fastify);
    offenders = new Offenders(fastify);
  } else {
    ignoreForwardedPorts(fastify);
  }
  handleInTurn(fastify, (socket) => offenders?.note(socket));
  reportOutcomes(fastify);
  setCommonHeaders(fastify);
  refuseOddHeaders(fastify);
  refuseOtherMethods(fastify, MAX_PARAMETER_LENGTH);
  limitInFlight(fastify, inFlight);
  fastify.addHook('onRoute', (route) => {
    if (route.url.startsWith(CLIENT_API)) route.bodyLimit = CLIENT_BODY_LIMIT_BYTES;
  });
  receiveBodies(fastify, new ArrivingBodies(), inFlight);
  dropUnreadBodies(fastify);
  closeConnections(fastify, settings.HTTP_SHUTDOWN_TIMEOUT_MS);
  setResourceHeaders(fastify);
  logRequests(fastify);
  return adapter;
}

/** Returns the trust option of Fastify for a number of proxies or their addresses. */
function trustedProxies(proxies: number | string[] | undefined) {
  if (typeof proxies === 'number') return (_address: string, hop: number) => hop < proxies;
  return proxies ?? false;
}

function handleMalformedUrl(_error: unknown, request: FastifyRequest, reply: FastifyReply): void {
  // No hook runs for this response.
  reportWhenClosed(reply);
  dropUnreadBody(request, reply);
  sendProblem(reply, problem(400, 'MALFORMED_REQUEST', 'The URL cannot be read.', request.id));
}

/** Rejects headers that servers and proxies interpret differently, or not at all. */
function refuseOddHeaders(fastify: FastifyInstance): void {
  fastify.addHook('onRequest', (request, reply, done) => {
    const hosts = countHosts(request.raw.rawHeaders);
    if (hosts === 1 || (hosts === 0 && request.raw.httpVersion === '1.0')) {
      done();
      return;
    }
    const detail = hosts === 0 ? 'The request has no Host header.' : 'The request has more than one Host header.';
    sendProblem(reply, problem(400, 'MALFORMED_REQUEST', detail, request.id));
  });
  // Node itself responds to `Expect: 100-continue`.
  fastify.server.on('checkExpectation', (_request, response: ServerResponse) => {
    answerExpectation(response);
    reportOutcome(fastify.server, { status: 417, code: EXPECTATION_FAILED });
  });
}

/** Counts Host headers; names and values alternate in `rawHeaders`. */
function countHosts(rawHeaders: readonly string[]): number {
  let hosts = 0;
  for (let at = 0; at < rawHeaders.length; at += 2) {
    const name = rawHeaders[at] ?? '';
    if (name.length === 4 && name.toLowerCase() === 'host') hosts++;
  }
  return hosts;
}

function answerExpectation(response: ServerResponse): void {
  const answer = problem(417, EXPECTATION_FAILED, 'Only "Expect: 100-continue" is understood.', newId());
  response
    .writeHead(417, { 'Content-Type': 'application/problem+json; charset=utf-8', Connection: 'close' })
    .end(JSON.stringify(answer));
}

/** Warns once of an untrusted proxy: all callers behind it have its address and share one rate limit. */
function warnOfProxies(fastify: FastifyInstance): void {
  let warned = false;
  fastify.addHook('onRequest', ({ headers }, _reply, done) => {
    if (!warned && (headers['x-forwarded-for'] !== undefined || headers.forwarded !== undefined)) {
      warned = true;
      new Logger('Proxy').warn(
        'Requests come with X-Forwarded-For or Forwarded, and TRUST_PROXY is not set: all of them count as one address, with one ' +
          'share of every limit per address. Set TRUST_PROXY to the number of your proxies or to their addresses.',
      );
    }
    done();
  });
}

/** Sets the headers of every response, also of one to a rejected request. */
function setCommonHeaders(fastify: FastifyInstance): void {
  const ofPage = pageHeaders();
  fastify.addHook('onRequest', (request, reply, done) => {
    void reply.headers(PAGES.some((path) => request.url.startsWith(path)) ? ofPage : API_HEADERS);
    void reply.header('X-Request-Id', request.id);
    done();
  });
}

/** Logs one line per request, never its body, headers or query. Expected refusals share a line. */
function logRequests(fastify: FastifyInstance): void {
  const logger = new Logger('Request');
  const refusals = new RefusalLog();
  onOutcome(fastify, ({ reply, status, code }) => {
    if (isExpected(code)) refusals.note(code);
    else if (reply)
      logger.log({
        request_id: reply.request.id,
        tenant_id: (reply.request as AuthenticatedRequest).actor?.tenantId,
        method: reply.request.method,
        route: routeOf(reply.request) ?? 'unknown',
        status,
        duration_ms: Math.round(reply.elapsedTime * 10) / 10,
      });
  });
}
