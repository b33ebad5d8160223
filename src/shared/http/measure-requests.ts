import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { Metrics } from '../metrics.js';
import { onOutcome } from './outcomes.js';

/** Of what no route is for, whatever its method and URL. */
const UNKNOWN = 'unknown';

/** Counts every request and how long it took, by the template of its route; and every problem by its code. */
export function measureRequests(fastify: FastifyInstance, { requestSeconds, problems }: Metrics): void {
  // Routes, methods and statuses are few; so are their series, and each is looked up by its labels once.
  const known = new Map<string, ReturnType<typeof requestSeconds.labels>>();
  onOutcome(fastify, ({ reply, status, code }) => {
    if (code !== undefined) problems.inc({ code });
    if (!reply) return;
    const route = routeOf(reply.request) ?? UNKNOWN;
    const method = route === UNKNOWN ? UNKNOWN : reply.request.method;
    const name = `${method} ${route} ${status}`;
    let series = known.get(name);
    if (!series) known.set(name, (series = requestSeconds.labels(method, route, String(status))));
    series.observe(reply.elapsedTime / 1000);
  });
}

/**
 * The template of the route as the API documents it: Fastify writes a colon that begins no parameter twice. Undefined where no route
 * is for the method and path.
 */
export function routeOf({ routeOptions }: FastifyRequest): string | undefined {
  return routeOptions.url?.replace('::', ':');
}
