import type { FastifyInstance } from 'fastify';
import createRouter, { type HTTPMethod } from 'find-my-way';
import { problem, sendProblem } from './problem.js';

/** Preflight requests of browsers are answered by the CORS plugin, for every path. */
const PREFLIGHT = 'OPTIONS';

/**
 * Answers 405 to every method that a path does not have, before its body is received. Made before the first route. The methods stand
 * in a router of their own: as routes of Fastify, one for each method that a path lacks, they made every request twice as expensive.
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
  // The last hook before the body is received: every header of an answer is set by then.
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
