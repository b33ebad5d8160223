import type { FastifyInstance } from 'fastify';
import createRouter, { type HTTPMethod } from 'find-my-way';
import { problem, sendProblem } from './problem.js';

/** Method of preflight requests, which the CORS plugin answers for every path. */
const PREFLIGHT = 'OPTIONS';

/**
 * Answers 405 to methods that a path does not have, before the body is received. Must be called before the first route is added. A separate
 * router holds the methods, because a Fastify route per missing method made every request twice as slow.
 */
export function refuseOtherMethods(fastify: FastifyInstance, maxParamLength: number): void {
  const router = createRouter({ maxParamLength });
  const methods = new Set<HTTPMethod>();
  fastify.addHook('onRoute', ({ url, method }) => {
    for (const name of [method].flat() as HTTPMethod[]) {
      if (name === PREFLIGHT) continue;
      methods.add(name);
      router.on(name, url, () => undefined);
    }
  });
  const methodsOf = (url: string) => [...methods].filter((name) => router.find(name, url) !== null);
  // `preParsing` is the last hook before the body is received, so every response header is already set.
  fastify.addHook('preParsing', (request, reply, _payload, done) => {
    const allowed = request.is404 && request.method !== PREFLIGHT ? methodsOf(request.url) : [];
    if (allowed.length === 0) {
      done();
      return;
    }
    const allow = allowed.sort().join(', ');
    const detail = `This path does not have the method ${request.method}. It has: ${allow}.`;
    sendProblem(reply.header('Allow', allow), problem(405, 'METHOD_NOT_ALLOWED', detail, request.id));
  });
}
