import type { OpenAPIObject } from '@nestjs/swagger';
import { NestFactory } from '@nestjs/core';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { ConsoleLogger } from '@nestjs/common';
import type { Config } from './config.js';
import { AppModule, type Runtime } from './app.module.js';
import { setUpOpenApi } from './openapi.js';
import { createFastifyAdapter } from './shared/http/fastify.js';

/** The whole application, ready to listen. Logs are JSON, one object a line, on standard output. */
export async function createApp(runtime: Runtime): Promise<NestFastifyApplication> {
  const { LOG_LEVEL: level } = runtime.config.settings;
  const adapter = createFastifyAdapter(runtime.config);
  const app = await NestFactory.create<NestFastifyApplication>(AppModule.forRoot(runtime), adapter, {
    ...APP_OPTIONS,
    abortOnError: false,
    logger: ['error', 'warn'],
  });
  await prepareApp(app, runtime.config);
  const levels = ['error', 'warn', 'log', 'debug'] as const;
  app.useLogger(
    new ConsoleLogger('', { json: true, colors: false, logLevels: levels.slice(0, levels.indexOf(level) + 1) }),
  );
  return app;
}

const EXPOSED_HEADERS = [
  'ETag',
  'Location',
  'Idempotency-Replayed',
  'RateLimit',
  'RateLimit-Policy',
  'Retry-After',
  'X-Request-Id',
];

/** Bodies are read by our own parser. */
export const APP_OPTIONS = { bodyParser: false } as const;

/** What every instance needs before it can answer, those of the tests too. */
export async function prepareApp(app: NestFastifyApplication, { settings }: Config): Promise<OpenAPIObject> {
  if (settings.CORS_ORIGINS) {
    app.enableCors({
      origin: settings.CORS_ORIGINS,
      methods: ['GET', 'POST', 'PATCH'],
      exposedHeaders: EXPOSED_HEADERS,
    });
  }
  const document = setUpOpenApi(app);
  await app.init();
  await app.getHttpAdapter().getInstance().ready();
  return document;
}
