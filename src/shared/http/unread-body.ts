import type { IncomingHttpHeaders, IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';

const MIB = 1024 * 1024;
/** An announced body of this size at most is read and dropped behind its answer, and its connection goes on. */
const MAX_KEPT_BYTES = MIB;
const MAX_DROPPED_BYTES = 16 * MIB;
const MAX_DROPPED_MS = 10_000;
const CHECK_MS = 100;

/** The last request of a connection that was answered before its body had arrived. */
const answered = new WeakMap<Socket, IncomingMessage>();

/**
 * Leaves no body unread behind an answer that was given early: a client that sends all before it reads would wait for ever, and
 * a connection that is closed with unread data loses its answer. A large body, or one of unknown size, ends its connection, and so does
 * a client that takes nothing of its answer for as long as a request may take.
 */
export function dropUnreadBodies(fastify: FastifyInstance): void {
  fastify.addHook('onSend', (request, reply, payload, done) => {
    // A route of NDJSON reads its body while it answers.
    const isBeingRead = 'ndjson' in request.routeOptions.config && reply.statusCode === 200;
    if (!isBeingRead) {
      dropUnreadBody(request, reply);
      // Node limits the time of a request, and not that in which its answer is read.
      request.raw.socket.setTimeout(request.server.server.requestTimeout);
    }
    done(null, payload);
  });
}

/** Leaves no body unread behind this answer. Must be called before its headers are sent. */
export function dropUnreadBody({ raw, server }: FastifyRequest, reply: FastifyReply): void {
  if (!hasUnreadBody(raw)) return;
  answered.set(raw.socket, raw);
  if (Number(raw.headers['content-length']) <= MAX_KEPT_BYTES && reply.getHeader('connection') !== 'close') {
    // Node reads on, within the time limit of requests.
    raw.resume();
  } else {
    void reply.header('Connection', 'close');
    closeBehindAnswer(raw, reply.raw, server.server.requestTimeout);
  }
}

/** Whether an answer was given already to the request that is still arriving over this connection. */
export function isAnswered(socket: Socket): boolean {
  return answered.get(socket)?.complete === false;
}

/**
 * Reads and drops the rest of a body within a bound, and closes the connection once the answer is sent. Node would destroy it right
 * then, and unread data makes of that a reset, by which the client may lose the answer.
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
    // Node has just removed the listener below.
    request.on('data', check);
  };
  if (response.writableFinished) onSent();
  else response.once('finish', onSent);
  // A fast sender gets far beyond the bound between two checks of the time.
  request.on('data', check);
  const timer = setInterval(check, CHECK_MS);
  socket.once('close', () => {
    clearInterval(timer);
  });
}

/** By its headers: when Node hands a request over, it has not come to the end of one without a body either. */
function hasUnreadBody({ complete, headers, socket }: IncomingMessage): boolean {
  return hasBody(headers) && !complete && !socket.destroyed;
}

/** False where the headers say that there is none. A body of unknown length may still be empty. */
export function hasBody(headers: IncomingHttpHeaders): boolean {
  return headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) > 0;
}
