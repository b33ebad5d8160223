import type { ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { FastifyInstance } from 'fastify';
import { SocketField } from './socket-field.js';

/** Maximum number of pipelined requests per connection that wait for their turn. */
const MAX_WAITING = 16;

/**
 * Open connections with their number of requests in progress. Closing a connection drops its count, because Node emits `close` only for the
 * first of several pipelined responses.
 */
class Connections {
  private readonly requests = new Map<Socket, number>();

  constructor(private readonly onIdle: (socket: Socket) => void) {}

  get sockets(): Iterable<Socket> {
    return this.requests.keys();
  }

  get idle(): Socket[] {
    return [...this.requests].flatMap(([socket, requests]) => (requests === 0 ? [socket] : []));
  }

  open(socket: Socket): void {
    if (this.requests.has(socket)) return;
    this.requests.set(socket, 0);
    socket.once('close', () => this.requests.delete(socket));
  }

  begin(socket: Socket, response: ServerResponse): void {
    this.open(socket);
    this.count(socket, 1);
    response.once('close', () => {
      if (this.requests.has(socket)) this.count(socket, -1);
    });
  }

  private count(socket: Socket, more: number): void {
    const requests = (this.requests.get(socket) ?? 0) + more;
    this.requests.set(socket, requests);
    if (requests === 0) this.onIdle(socket);
  }
}

/**
 * Closes all connections at shutdown: idle ones at once, others after their response, the rest after `graceMs`. Node alone would wait for
 * ever for one that never completes a request, since its time limits no longer apply then.
 */
export function closeConnections(fastify: FastifyInstance, graceMs: number): void {
  let closing = false;
  const connections = new Connections((socket) => closing && socket.end());
  fastify.server.on('connection', (socket: Socket) => {
    if (closing) socket.destroy();
    else connections.open(socket);
  });
  fastify.server.on('request', ({ socket }, response) => {
    connections.begin(socket, response);
  });
  fastify.addHook('preClose', (done) => {
    closing = true;
    for (const socket of connections.idle) socket.destroy();
    setTimeout(() => {
      for (const socket of connections.sockets) socket.destroy();
    }, graceMs).unref();
    done();
  });
}

/**
 * Handles pipelined requests of a connection one at a time, because Node reports a closed connection only to the first response, and others
 * would hold files and exports for ever. Closes connections with more than 16 waiting requests.
 */
export function handleInTurn(fastify: FastifyInstance, onFault: (socket: Socket) => void): void {
  const waiting = new SocketField<(() => void)[]>();
  fastify.addHook('onRequest', ({ raw: { socket } }, reply, done) => {
    const begin = () => {
      reply.raw.once('close', next);
      done();
    };
    const next = () => {
      const following = waiting.get(socket)?.shift();
      if (following && !socket.destroyed) following();
      else waiting.set(socket, undefined);
    };
    const queue = waiting.get(socket);
    if (queue === undefined) {
      waiting.set(socket, []);
      begin();
    } else if (queue.length < MAX_WAITING) {
      queue.push(begin);
    } else if (!socket.destroyed) {
      socket.destroy();
      onFault(socket);
    }
  });
}
