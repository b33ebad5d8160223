import type { FastifyInstance, FastifyReply, FastifyRequest, HTTPMethods } from 'fastify';
import { problem, sendProblem } from './problem.js';

/** Preflight requests of browsers are answered by the CORS plugin, for every path. */
const PREFLIGHT = 'OPTIONS';
const OTHER_METHOD = { otherMethod: true } as const;

/** Answers 405 to every method that a path does not have. Made before the first route. */
export class OtherMethods {
  private readonly methodsByUrl = new Map<string, Set<string>>();

  constructor(private readonly fastify: FastifyInstance) {
    fastify.addHook('onRoute', ({ url, method }) => {
      const methods = this.methodsByUrl.get(url) ?? new Set();
      for (const name of [method].flat()) methods.add(name);
      this.methodsByUrl.set(url, methods);
    });
  }

  /** Called once all routes are there. */
  refuse(): void {
    for (const [url, present] of [...this.methodsByUrl]) {
      const allowed = [...present].filter((name) => name !== PREFLIGHT).sort();
      const others = this.fastify.supportedMethods.filter((name) => name !== PREFLIGHT && !present.has(name));
      if (allowed.length > 0) this.refuseAt(url, others, allowed.join(', '));
    }
  }

  private refuseAt(url: string, method: HTTPMethods[], allow: string): void {
    const refuse = (request: FastifyRequest, reply: FastifyReply) => {
      const detail = `This path does not have the method ${request.method}. It has: ${allow}.`;
      sendProblem(reply.header('Allow', allow), problem(405, 'METHOD_NOT_ALLOWED', detail, request.id));
    };
    // Before the body is received.
    this.fastify.route({
      method,
      url,
      config: OTHER_METHOD,
      exposeHeadRoute: false,
      onRequest: refuse,
      handler: refuse,
    });
  }
}

export function isOtherMethod({ config }: FastifyRequest['routeOptions']): boolean {
  return 'otherMethod' in config;
}
