import type { IncomingMessage } from 'node:http';
import type { FastifyInstance } from 'fastify';
import { sendProblem } from './problem.js';
import { OverloadedError } from '../errors.js';
import { toProblem } from './to-problem.js';

/** Answered however much is in flight. Their bodies are not read. */
const HEALTH = new Set<string | undefined>(['/health/live', '/health/ready']);
const RETRY_AFTER_S = 1;

const COUNTED = Symbol('counted');

type CountedRequest = IncomingMessage & { [COUNTED]?: boolean };

/**
 * Counts the requests that are being worked on: not those that are arriving, nor those whose answer is on its way. It keeps no set of
 * them: V8 retains what a Map or Set that changes often has held until the next full collection.
 */
export class InFlight {
  private count = 0;

  constructor(private readonly limit: number) {}

  /** False where as many others as may be are in flight already. */
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
 * Answers 503 to what comes while `inFlight` is full, before anything is read or looked up, so that a flood neither fills the
 * memory nor makes the work that was begun too late.
 */
export function limitInFlight(fastify: FastifyInstance, inFlight: InFlight): void {
  fastify.addHook('onRequest', (request, reply, done) => {
    if (request.url.startsWith('/health/') && HEALTH.has(request.routeOptions.url)) {
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
    // Answered in full, even if nobody reads it; or the connection is gone.
    reply.raw.once('prefinish', end).once('close', end);
    done();
  });
}
