import type { Socket } from 'node:net';
import type { FastifyInstance } from 'fastify';
import { networkOf } from '../ip-network.js';

const MAX_FAULTS = 10;
const PENALTY_MS = 10_000;

interface Offender {
  faults: number;
  /** End of the ten seconds, in milliseconds on the monotonic clock. */
  readonly until: number;
}

/**
 * Blocks an address after ten connections with excessive cost within ten seconds: closes its connections and rejects new ones until the ten
 * seconds end. Each such connection takes up to 20 ms of the event loop, since Node parses a whole socket read.
 */
export class Offenders {
  private readonly offenders = new Map<string, Offender>();
  private readonly sockets = new Map<string, Set<Socket>>();

  constructor(fastify: FastifyInstance) {
    fastify.server.on('connection', (socket: Socket) => {
      this.open(socket);
    });
  }

  /** Counts a connection that was closed for excessive cost. */
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
    // Entries are in the order of their end times, so the first one that is not over ends the loop.
    for (const [name, { until }] of this.offenders) {
      if (until > now) break;
      this.offenders.delete(name);
    }
    return this.offenders.get(address);
  }
}
