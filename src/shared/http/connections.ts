import type { ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { FastifyInstance } from 'fastify';

/** Requests that were sent before the answer to an earlier one of their connection. */
const MAX_WAITING = 16;

/**
 * Open connections, and how many requests of each are under way. What is left when a connection closes is over too: of several that
 * were sent at once, Node tells only the first that nobody waits for its answer any more.
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
 * Ends every connection of a server that stops: those without a request at once, the others with their answer, and after
 * `graceMs` whoever is left. Node itself would wait for ever for one that never sent a request, or never finishes one, since its time
 * limits end when a server begins to close.
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
 * Begins the requests of one connection one after another, so that no answer, and no file or export behind it, waits for an earlier
 * one to be read: if the connection closes, Node would never say so to those that wait. A connection with more than 16 waiting is
 * closed.
 */
export function handleInTurn(fastify: FastifyInstance, onFault: (socket: Socket) => void): void {
  const waiting = new WeakMap<Socket, (() => void)[]>();
  fastify.addHook('onRequest', ({ raw: { socket } }, reply, done) => {
    const begin = () => {
      reply.raw.once('close', next);
      done();
    };
    const next = () => {
      const following = waiting.get(socket)?.shift();
      if (following && !socket.destroyed) following();
      else waiting.delete(socket);
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
