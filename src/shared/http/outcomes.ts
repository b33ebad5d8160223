import type { ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { FastifyInstance, FastifyReply } from 'fastify';
import { CLIENT_CLOSED, clientProblem, type ClientError } from './client-errors.js';
import type { RefusedRequest } from './refusals.js';

const OUTCOME = 'outcome';

/** How a request ended, or a connection that never became one, of which `request` and `reply` are missing. */
export interface Outcome {
  readonly request?: RefusedRequest;
  readonly reply?: FastifyReply;
  readonly status: number;
  /** Of the problem, if it was one. */
  readonly code: string | undefined;
}

/**
 * Reports each request once: when its answer was sent, or when its client is gone, for which Fastify has no hook. Hooks that may answer
 * must be added later, because then no other hook runs.
 */
export function reportOutcomes(fastify: FastifyInstance): void {
  const underWay = new WeakMap<Socket, ServerResponse>();
  const errors = new WeakMap<Socket, ClientError>();
  const report = (outcome: Outcome) => fastify.server.emit(OUTCOME, outcome);
  fastify.addHook('onRequest', (request, reply, done) => {
    const { socket } = request.raw;
    underWay.set(socket, reply.raw);
    reply.raw.once('close', () => {
      if (underWay.get(socket) === reply.raw) underWay.delete(socket);
      report({ request, reply, ...outcomeOf(request, reply, errors.get(socket)) });
    });
    done();
  });
  fastify.server.on('clientError', (error: ClientError, socket: Socket) => {
    if (underWay.has(socket)) errors.set(socket, error);
    else report(clientProblem(error));
  });
}

export function onOutcome(fastify: FastifyInstance, listener: (outcome: Outcome) => void): void {
  fastify.server.on(OUTCOME, listener);
}

/** The status that the client got, or 499 where it closed the connection before. */
function outcomeOf(request: RefusedRequest, reply: FastifyReply, error: ClientError | undefined) {
  if (reply.raw.headersSent) return { status: reply.statusCode, code: request.problemCode };
  return error ? clientProblem(error) : CLIENT_CLOSED;
}
