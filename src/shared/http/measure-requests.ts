import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { Metrics } from '../metrics.js';
import { onOutcome } from './outcomes.js';

/** Label of requests without a route. */
const UNKNOWN_LABEL = 'unknown';

/** Records the duration of every request by route template, and counts every problem by its code. */
export function measureRequests(fastify: FastifyInstance, { requestSeconds, problems }: Metrics): void {
  // Series are cached by their few labels, because prom-client looks labels up on every call.
  const seriesByLabels = new Map<string, ReturnType<typeof requestSeconds.labels>>();
  onOutcome(fastify, ({ reply, status, code }) => {
    if (code !== undefined) problems.inc({ code });
    if (!reply) return;
    const route = routeOf(reply.request) ?? UNKNOWN_LABEL;
    const method = route === UNKNOWN_LABEL ? UNKNOWN_LABEL : reply.request.method;
    const name = `${method} ${route} ${status}`;
    let series = seriesByLabels.get(name);
    if (!series) seriesByLabels.set(name, (series = requestSeconds.labels(method, route, String(status))));
    series.observe(reply.elapsedTime / 1000);
  });
}

/**
 * Returns the route template as the API documents it; undefined if no route matches. Fastify escapes a literal colon by doubling it.
 */
export function routeOf({ routeOptions }: FastifyRequest): string | undefined {
  return routeOptions.url?.replace('::', ':');
}
