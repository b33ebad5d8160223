import type { FastifyInstance } from 'fastify';
import { problem } from './problem.js';

const HEALTH = '/health/';

/**
 * Answers 503 to what comes while `limit` requests are under way, before anything is read or looked up, so that a flood
 * neither fills the memory nor makes the work that was begun too late. Health is always answered.
 */
export function boundWorkInFlight(fastify: FastifyInstance, limit: number): void {
  let inFlight = 0;
  fastify.addHook('onRequest', (request, reply, done) => {
    if (request.url.startsWith(HEALTH)) {
      done();
      return;
    }
    if (inFlight >= limit) {
      const detail = 'The server has as much work as it can do. Nothing was changed; try again shortly.';
      void reply
        .status(503)
        .header('Retry-After', '1')
        .header('content-type', 'application/problem+json; charset=utf-8')
        .serializer(JSON.stringify)
        .send(problem(503, 'OVERLOADED', detail, request.id));
      return;
    }
    inFlight++;
    reply.raw.once('close', () => {
      inFlight--;
    });
    done();
  });
}
