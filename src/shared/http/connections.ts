import type { ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { FastifyInstance } from 'fastify';

/**
 * Open connections, and how many requests of each are under way. What is left when a connection closes is over too: of several that
 * were sent at once, Node tells only the first that nobody waits for its answer any more.
 */
export class Connections {
  private readonly requests = new Map<Socket, number>();
  private sum = 0;

  constructor(private readonly onIdle: (socket: Socket) => void = () => undefined) {}

  /** Of all connections. */
  get underWay(): number {
    return this.sum;
  }

  get sockets(): Iterable<Socket> {
    return this.requests.keys();
  }

  get idle(): Socket[] {
    return [...this.requests].flatMap(([socket, requests]) => (requests === 0 ? [socket] : []));
  }

  open(socket: Socket): void {
    if (this.requests.has(socket)) return;
    this.requests.set(socket, 0);
    socket.once('close', () => {
      this.sum -= this.requests.get(socket) ?? 0;
      this.requests.delete(socket);
    });
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
    this.sum += more;
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
