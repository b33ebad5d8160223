import type { Server, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { FastifyInstance, FastifyReply } from 'fastify';
import { CLIENT_CLOSED, clientProblem, type ClientError } from './client-errors.js';
import type { RefusedRequest } from './refusals.js';

const OUTCOME = 'outcome';

/** How a request ended. */
export interface Outcome {
  /** Undefined for what was refused before Fastify saw a request. */
  readonly reply?: FastifyReply;
  readonly status: number;
  /** Code of the problem; undefined for an answer that is none. */
  readonly code: string | undefined;
}

/** Last response of a connection that is not closed yet. */
const underWay = new WeakMap<Socket, ServerResponse>();
/** Fault by which Node gave a connection up while its request was under way. */
const errors = new WeakMap<Socket, ClientError>();

/**
 * Reports each request once: when its answer was sent, or when its client is gone, for which Fastify has no hook. Hooks that may answer
 * must be added later, because then no other hook runs.
 */
export function reportOutcomes(fastify: FastifyInstance): void {
  fastify.addHook('onRequest', (_request, reply, done) => {
    reportWhenClosed(reply);
    done();
  });
  fastify.server.on('clientError', (error: ClientError, socket: Socket) => {
    if (underWay.has(socket)) errors.set(socket, error);
    else reportOutcome(fastify.server, clientProblem(error));
  });
}

/** Called by itself for a request that Fastify answers without its hooks. */
export function reportWhenClosed(reply: FastifyReply): void {
  const { raw, request, server } = reply;
  const { socket } = request.raw;
  underWay.set(socket, raw);
  raw.once('close', () => {
    if (underWay.get(socket) === raw) underWay.delete(socket);
    reportOutcome(server.server, { reply, ...outcomeOf(reply, errors.get(socket)) });
  });
}

export function reportOutcome(server: Server, outcome: Outcome): void {
  server.emit(OUTCOME, outcome);
}

export function onOutcome(fastify: FastifyInstance, listener: (outcome: Outcome) => void): void {
  fastify.server.on(OUTCOME, listener);
}

/** The status that the client got, or 499 where it closed the connection before. */
function outcomeOf({ raw, request, statusCode }: FastifyReply, error: ClientError | undefined) {
  if (raw.headersSent) return { status: statusCode, code: (request as RefusedRequest).problemCode };
  return error ? clientProblem(error) : CLIENT_CLOSED;
}
