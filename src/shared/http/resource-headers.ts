import type { FastifyInstance } from 'fastify';
import type { ResourceConfig } from './api.decorators.js';

type Resource = Record<string, unknown>;

/** Sets `Location` and `Cache-Control` if a decorator requests them, and `ETag` if the result has a version. */
export function setResourceHeaders(fastify: FastifyInstance): void {
  fastify.addHook<Resource | null>('preSerialization', (request, reply, result, done) => {
    if (reply.statusCode < 400) {
      const { location, cacheForS } = request.routeOptions.config as Partial<ResourceConfig>;
      if (location) {
        const id = encodeURIComponent(String(result?.[location.idField]));
        void reply.header('Location', `${location.collection}/${id}`);
      }
      if (cacheForS !== undefined) void reply.header('Cache-Control', `public, max-age=${cacheForS}`);
      if (typeof result?.version === 'number') void reply.header('ETag', `"${result.version}"`);
    }
    done(null, result);
  });
}
