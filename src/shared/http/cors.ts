import type { NestFastifyApplication } from '@nestjs/platform-fastify';

/** For programs in a page of anybody's: no cookie counts there, the credential stands in the body, so any page may ask. */
const CLIENT_API = '/v1/client/';
/** Browsers ask again after this long, at the latest. */
const PREFLIGHT_MAX_AGE_S = 7200;

const EXPOSED_HEADERS = [
  'Content-Disposition',
  'ETag',
  'Location',
  'Idempotency-Replayed',
  'RateLimit',
  'RateLimit-Policy',
  'Retry-After',
  'X-Request-Id',
];

const ANY_ORIGIN = {
  origin: '*',
  methods: ['GET', 'POST'],
  allowedHeaders: ['Authorization', 'Content-Type', 'Idempotency-Key', 'X-Request-Id'],
  exposedHeaders: EXPOSED_HEADERS,
  maxAge: PREFLIGHT_MAX_AGE_S,
  strictPreflight: false,
};

/** What browsers are told: the client API is open to every page, the rest to the pages of these origins. Before the routes are made. */
export function configureCors(app: NestFastifyApplication, origins: string[] | undefined): void {
  const fastify = app.getHttpAdapter().getInstance();
  app.enableCors({ origin: origins ?? false, methods: ['GET', 'POST', 'PATCH'], exposedHeaders: EXPOSED_HEADERS });
  fastify.addHook('onRoute', (route) => {
    if (route.url.startsWith(CLIENT_API)) route.config = Object.assign(route.config ?? {}, { cors: ANY_ORIGIN });
  });
  // A path or method without a route has no options of its own, and a page must be able to read that.
  fastify.addHook('onRequest', (request, reply, done) => {
    if (request.is404 && request.url.startsWith(CLIENT_API)) {
      void reply.headers({
        'Access-Control-Allow-Origin': ANY_ORIGIN.origin,
        'Access-Control-Expose-Headers': EXPOSED_HEADERS.join(', '),
      });
    }
    done();
  });
  // The hook of the library answers preflight requests; they need a route.
  fastify.options(`${CLIENT_API}*`, (_, reply) => reply.send());
}
