import type { NestFastifyApplication } from '@nestjs/platform-fastify';

/** Paths open to pages of every origin. Safe, because the credential is in the body and cookies are ignored. */
const CLIENT_API = '/v1/client/';
/** Time for which browsers may cache a preflight response. */
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
  allowedHeaders: ['Authorization', 'Content-Type', 'Idempotency-Key', 'Idempotency-Remember-Days', 'X-Request-Id'],
  exposedHeaders: EXPOSED_HEADERS,
  maxAge: PREFLIGHT_MAX_AGE_S,
  strictPreflight: false,
};

/** Opens the client API to every origin and the rest to `origins`. Must be called before the routes are added. */
export function configureCors(app: NestFastifyApplication, origins: string[] | undefined): void {
  const fastify = app.getHttpAdapter().getInstance();
  app.enableCors({
    origin: origins ?? false,
    methods: ['GET', 'POST', 'PUT', 'PATCH', 'DELETE'],
    exposedHeaders: EXPOSED_HEADERS,
  });
  fastify.addHook('onRoute', (route) => {
    if (route.url.startsWith(CLIENT_API)) route.config = Object.assign(route.config ?? {}, { cors: ANY_ORIGIN });
  });
  // Requests without a route have no CORS options, but pages must be able to read their problem.
  fastify.addHook('onRequest', (request, reply, done) => {
    if (request.is404 && request.url.startsWith(CLIENT_API)) {
      void reply.headers({
        'Access-Control-Allow-Origin': ANY_ORIGIN.origin,
        'Access-Control-Expose-Headers': EXPOSED_HEADERS.join(', '),
      });
    }
    done();
  });
  // The CORS plugin answers preflight requests in a hook, which needs a route.
  fastify.options(`${CLIENT_API}*`, (_, reply) => reply.send());
}
