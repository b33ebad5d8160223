import type { FastifyInstance } from 'fastify';
import { Connections } from './connections.js';
import { sendProblem } from './problem.js';
import { OverloadedError } from './problem.errors.js';
import { toProblem } from './to-problem.js';

const HEALTH = '/health/';
const RETRY_AFTER_S = 1;

/**
 * Answers 503 to what comes while `limit` requests are under way, before anything is read or looked up, so that a flood
 * neither fills the memory nor makes the work that was begun too late. Health is always answered.
 */
export function boundWorkInFlight(fastify: FastifyInstance, limit: number): void {
  const connections = new Connections();
  fastify.addHook('onRequest', (request, reply, done) => {
    if (request.url.startsWith(HEALTH)) {
      done();
      return;
    }
    if (connections.underWay >= limit) {
      sendProblem(reply, toProblem(new OverloadedError(), request.id), RETRY_AFTER_S);
      return;
    }
    connections.begin(request.raw.socket, reply.raw);
    done();
  });
}
