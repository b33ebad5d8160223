import type { IncomingMessage } from 'node:http';
import type { FastifyInstance } from 'fastify';
import { sendProblem } from './problem.js';
import { OverloadedError } from '../errors.js';
import { toProblem } from './to-problem.js';

/** Routes without a limit. Their bodies are not read. */
const UNLIMITED_ROUTES = new Set<string | undefined>(['/health/live', '/health/ready']);
const RETRY_AFTER_S = 1;

const COUNTED = Symbol('counted');

type CountedRequest = IncomingMessage & { [COUNTED]?: boolean };

/**
 * Counts requests in flight, without those whose body is still arriving or whose response is being sent. A flag on each request replaces a
 * Set, since V8 retains former entries of a frequently changed Set until the next full collection.
 */
export class InFlight {
  private count = 0;

  constructor(private readonly limit: number) {}

  /** Counts a request; returns false if the limit is reached. Repeated calls count it once. */
  begin(request: CountedRequest): boolean {
    if (request[COUNTED]) return true;
    if (this.count >= this.limit) return false;
    request[COUNTED] = true;
    this.count++;
    return true;
  }

  end(request: CountedRequest): void {
    if (!request[COUNTED]) return;
    request[COUNTED] = false;
    this.count--;
  }
}

/**
 * Rejects requests with 503 while the limit is reached, before anything is read or looked up, so that a flood neither fills the memory nor
 * delays requests in flight.
 */
export function limitInFlight(fastify: FastifyInstance, inFlight: InFlight): void {
  fastify.addHook('onRequest', (request, reply, done) => {
    if (request.url.startsWith('/health/') && UNLIMITED_ROUTES.has(request.routeOptions.url)) {
      done();
      return;
    }
    if (!inFlight.begin(request.raw)) {
      sendProblem(reply, toProblem(new OverloadedError(), request.id), RETRY_AFTER_S);
      return;
    }
    const end = () => {
      inFlight.end(request.raw);
    };
    // A request ends when its response is complete, even if the client does not read it, or when the connection closes.
    reply.raw.once('prefinish', end).once('close', end);
    done();
  });
}
