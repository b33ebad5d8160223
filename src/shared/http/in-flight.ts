import type { IncomingMessage } from 'node:http';
import type { FastifyInstance } from 'fastify';
import { sendProblem } from './problem.js';
import { OverloadedError } from './problem.errors.js';
import { toProblem } from './to-problem.js';

/** Answered however much is in flight. Their bodies are not read. */
const HEALTH = new Set<string | undefined>(['/health/live', '/health/ready']);
const RETRY_AFTER_S = 1;

/** The requests that are being worked on: not those that are arriving, nor those whose answer is on its way. */
export class InFlight {
  private readonly requests = new Set<IncomingMessage>();

  constructor(private readonly limit: number) {}

  /** False where as many others as may be are in flight already. */
  begin(request: IncomingMessage): boolean {
    if (this.requests.size >= this.limit && !this.requests.has(request)) return false;
    this.requests.add(request);
    return true;
  }

  end(request: IncomingMessage): void {
    this.requests.delete(request);
  }
}

/**
 * Answers 503 to what comes while `inFlight` is full, before anything is read or looked up, so that a flood neither fills the
 * memory nor makes the work that was begun too late.
 */
export function boundWorkInFlight(fastify: FastifyInstance, inFlight: InFlight): void {
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
