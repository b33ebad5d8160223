import type { FastifyInstance } from 'fastify';
import { problem, sendProblem } from './problem.js';

const HEALTH = '/health/';
const RETRY_AFTER_S = 1;

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
      sendProblem(reply, problem(503, 'OVERLOADED', detail, request.id), RETRY_AFTER_S);
      return;
    }
    inFlight++;
    reply.raw.once('close', () => {
      inFlight--;
    });
    done();
  });
}
