import type { Socket } from 'node:net';
import type { FastifyInstance } from 'fastify';
import { networkOf } from '../ip-network.js';

const MAX_FAULTS = 10;
const PENALTY_MS = 10_000;

interface Offender {
  faults: number;
  /** Milliseconds on the monotonic clock. */
  readonly until: number;
}

/**
 * Closes the connections of an address that made ten of them cost more than they carry within ten seconds, and lets in no new one until
 * those are over. Node parses all that one read of a socket brings, so each such connection takes up to 20 ms of the event loop.
 */
export class Offenders {
  private readonly offenders = new Map<string, Offender>();
  private readonly sockets = new Map<string, Set<Socket>>();

  constructor(fastify: FastifyInstance) {
    fastify.server.on('connection', (socket: Socket) => {
      this.open(socket);
    });
  }

  /** Counts a connection that is closed for what it cost. */
  note({ remoteAddress }: Socket): void {
    if (remoteAddress === undefined) return;
    const address = networkOf(remoteAddress);
    const offender = this.current(address) ?? { faults: 0, until: performance.now() + PENALTY_MS };
    offender.faults++;
    this.offenders.set(address, offender);
    if (offender.faults < MAX_FAULTS) return;
    for (const socket of this.sockets.get(address) ?? []) socket.destroy();
  }

  private open(socket: Socket): void {
    const { remoteAddress } = socket;
    if (remoteAddress === undefined) return;
    const address = networkOf(remoteAddress);
    if ((this.current(address)?.faults ?? 0) >= MAX_FAULTS) {
      socket.destroy();
      return;
    }
    const sockets = this.sockets.get(address) ?? new Set();
    this.sockets.set(address, sockets.add(socket));
    socket.once('close', () => {
      sockets.delete(socket);
      if (sockets.size === 0) this.sockets.delete(address);
    });
  }

  private current(address: string): Offender | undefined {
    const now = performance.now();
    // The oldest first: the times end in the order in which they began.
    for (const [name, { until }] of this.offenders) {
      if (until > now) break;
      this.offenders.delete(name);
    }
    return this.offenders.get(address);
  }
}
