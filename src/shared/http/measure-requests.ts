import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { Metrics } from '../metrics/metrics.js';

/** Of what no route is for, whatever its method and URL. */
const UNKNOWN = 'unknown';

/** Counts every request and how long it took, by the template of its route. */
export function measureRequests(fastify: FastifyInstance, { requestSeconds }: Metrics): void {
  // Routes, methods and statuses are few; so are their series, and each is looked up by its labels once.
  const known = new Map<string, ReturnType<typeof requestSeconds.labels>>();
  fastify.addHook('onResponse', (request, reply, done) => {
    const route = routeOf(request) ?? UNKNOWN;
    const method = route === UNKNOWN ? UNKNOWN : request.method;
    const name = `${method} ${route} ${reply.statusCode}`;
    let series = known.get(name);
    if (!series) known.set(name, (series = requestSeconds.labels(method, route, String(reply.statusCode))));
    series.observe(reply.elapsedTime / 1000);
    done();
  });
}

/** The template of the route as the API documents it: Fastify writes a colon that begins no parameter twice. */
export function routeOf({ routeOptions }: FastifyRequest): string | undefined {
  return routeOptions.url?.replace('::', ':');
}
