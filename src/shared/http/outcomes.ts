import type { Server, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { FastifyInstance, FastifyReply } from 'fastify';
import { CLIENT_CLOSED, clientProblem, type ClientError } from './client-errors.js';
import type { RefusedRequest } from './refusals.js';
import { SocketField } from './socket-field.js';

const OUTCOME = 'outcome';

/** End of a request. */
export interface Outcome {
  /** Response; undefined if the bytes were rejected before they became a request. */
  readonly reply?: FastifyReply;
  readonly status: number;
  /** Problem code; undefined if the response is no problem. */
  readonly code: string | undefined;
}

/** Last response of a connection that is not closed yet. */
const lastResponses = new SocketField<ServerResponse>();
/** Error with which Node closed a connection while its request was in progress. */
const errors = new WeakMap<Socket, ClientError>();

/**
 * Reports each request once, when its response was sent or its client has left, for which Fastify has no hook. Must be called before hooks
 * that may respond are added, because after a response no further hook runs.
 */
export function reportOutcomes(fastify: FastifyInstance): void {
  fastify.addHook('onRequest', (_request, reply, done) => {
    reportWhenClosed(reply);
    done();
  });
  fastify.server.on('clientError', (error: ClientError, socket: Socket) => {
    if (lastResponses.get(socket)) errors.set(socket, error);
    else reportOutcome(fastify.server, clientProblem(error));
  });
}

/** Reports one request; called directly for requests that Fastify answers without running hooks. */
export function reportWhenClosed(reply: FastifyReply): void {
  const { raw, request, server } = reply;
  const { socket } = request.raw;
  lastResponses.set(socket, raw);
  raw.once('close', () => {
    if (lastResponses.get(socket) === raw) lastResponses.set(socket, undefined);
    reportOutcome(server.server, { reply, ...outcomeOf(reply, errors.get(socket)) });
  });
}

export function reportOutcome(server: Server, outcome: Outcome): void {
  server.emit(OUTCOME, outcome);
}

export function onOutcome(fastify: FastifyInstance, listener: (outcome: Outcome) => void): void {
  fastify.server.on(OUTCOME, listener);
}

/** Returns the sent status, or that of the connection error: 499 if the client closed the connection first. */
function outcomeOf({ raw, request, statusCode }: FastifyReply, error: ClientError | undefined) {
  if (raw.headersSent) return { status: statusCode, code: (request as RefusedRequest).problemCode };
  return error ? clientProblem(error) : CLIENT_CLOSED;
}
