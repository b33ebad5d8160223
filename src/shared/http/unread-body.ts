import type { IncomingHttpHeaders, IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';

const MIB = 1024 * 1024;
/** Maximum announced size of a body that is read and dropped after its response while the connection stays open. */
const MAX_KEPT_BYTES = MIB;
const MAX_DROPPED_BYTES = 16 * MIB;
const MAX_DROPPED_MS = 10_000;
const CHECK_MS = 100;

/** Last request of a connection that was answered before its body had arrived. */
const answered = new WeakMap<Socket, IncomingMessage>();

/**
 * Reads and drops bodies after an early response, since a client that sends everything first would wait for ever, and closing with unread
 * data loses the response. Large bodies and clients that do not read their response in time end their connection.
 */
export function dropUnreadBodies(fastify: FastifyInstance): void {
  fastify.addHook('onSend', (request, reply, payload, done) => {
    // An NDJSON route reads its body while it responds.
    const isBeingRead = 'ndjson' in request.routeOptions.config && reply.statusCode === 200;
    if (!isBeingRead) {
      dropUnreadBody(request, reply);
      // Node limits the time of receiving a request, but not of sending its response.
      request.raw.socket.setTimeout(request.server.server.requestTimeout);
    }
    done(null, payload);
  });
}

/** Drops the unread body of one response. Must be called before the response headers are sent. */
export function dropUnreadBody({ raw, server }: FastifyRequest, reply: FastifyReply): void {
  if (!hasUnreadBody(raw)) return;
  answered.set(raw.socket, raw);
  if (Number(raw.headers['content-length']) <= MAX_KEPT_BYTES && reply.getHeader('connection') !== 'close') {
    // The body is read and dropped within the time limit of requests.
    raw.resume();
  } else {
    void reply.header('Connection', 'close');
    closeBehindAnswer(raw, reply.raw, server.server.requestTimeout);
  }
}

/** Returns true if the request that is still arriving over this connection has already been answered. */
export function isAnswered(socket: Socket): boolean {
  return answered.get(socket)?.complete === false;
}

/**
 * Reads and drops the rest of a body within a bound, then closes the connection. Node would destroy the socket at the end of the response,
 * and unread data turns that into a reset, with which the client may lose the response.
 */
export function closeBehindAnswer(request: IncomingMessage, response: ServerResponse, timeoutMs: number): void {
  const { socket } = request;
  const bytesBefore = socket.bytesRead;
  let sentAt: number | undefined;
  socket.destroySoon = () => socket.end();
  const check = () => {
    const isTooMuch = socket.bytesRead - bytesBefore > MAX_DROPPED_BYTES;
    const isTooLong = sentAt !== undefined && performance.now() - sentAt > Math.min(MAX_DROPPED_MS, timeoutMs);
    if (isTooMuch || isTooLong || (request.complete && sentAt !== undefined)) socket.destroy();
  };
  const onSent = () => {
    sentAt = performance.now();
    socket.end();
    // Node removes all data listeners when the response finishes, so it is added again.
    request.on('data', check);
  };
  if (response.writableFinished) onSent();
  else response.once('finish', onSent);
  // A check per chunk as well, because a fast sender exceeds the bound between two timer checks.
  request.on('data', check);
  const timer = setInterval(check, CHECK_MS);
  socket.once('close', () => {
    clearInterval(timer);
  });
}

/** Returns true if a body is still arriving. Checks the headers too, because `complete` is false even for a request without a body. */
function hasUnreadBody({ complete, headers, socket }: IncomingMessage): boolean {
  return hasBody(headers) && !complete && !socket.destroyed;
}

/** Returns false if the headers announce no body. A body of unknown length may still be empty. */
export function hasBody(headers: IncomingHttpHeaders): boolean {
  return headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) > 0;
}
