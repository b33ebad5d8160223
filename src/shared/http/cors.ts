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

const FOR_ANY_PAGE = {
  origin: '*',
  methods: ['GET', 'POST'],
  allowedHeaders: ['Authorization', 'Content-Type', 'Idempotency-Key', 'X-Request-Id'],
  exposedHeaders: EXPOSED_HEADERS,
  maxAge: PREFLIGHT_MAX_AGE_S,
  strictPreflight: false,
};

/** What browsers are told: the client API is open to every page, the rest to the pages of these origins. Before the routes are made. */
export function allowPages(app: NestFastifyApplication, origins: string[] | undefined): void {
  const fastify = app.getHttpAdapter().getInstance();
  app.enableCors({ origin: origins ?? false, methods: ['GET', 'POST', 'PATCH'], exposedHeaders: EXPOSED_HEADERS });
  fastify.addHook('onRoute', (route) => {
    if (route.url.startsWith(CLIENT_API)) route.config = Object.assign(route.config ?? {}, { cors: FOR_ANY_PAGE });
  });
  // For what a browser asks before: it is answered by the hook of the library.
  fastify.options(`${CLIENT_API}*`, (_, reply) => reply.send());
}
