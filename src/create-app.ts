import type { OpenAPIObject } from '@nestjs/swagger';
import { NestFactory } from '@nestjs/core';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import type { Config } from './config.js';
import { AppModule, type Runtime } from './app.module.js';
import { setUpOpenApi } from './openapi.js';
import { configureCors } from './shared/http/cors.js';
import { ExportRegistry } from './shared/http/streams/exports.js';
import { createFastifyAdapter } from './create-fastify.js';
import { measureRequests } from './shared/http/measure-requests.js';
import { JsonLogger } from './shared/json-logger.js';
import { Metrics } from './shared/metrics.js';

/** Creates the application, ready to listen. Logs are JSON, one object per line, on standard output. */
export async function createApp(runtime: Runtime): Promise<NestFastifyApplication> {
  const { LOG_LEVEL: level } = runtime.config.settings;
  const adapter = createFastifyAdapter(runtime.config);
  const app = await NestFactory.create<NestFastifyApplication>(AppModule.forRoot(runtime), adapter, {
    ...APP_OPTIONS,
    abortOnError: false,
    logger: ['error', 'warn'],
  });
  await prepareApp(app, runtime.config);
  app.useLogger(new JsonLogger(level));
  return app;
}

/** Options without Nest's body parser, because the application has its own. */
export const APP_OPTIONS = { bodyParser: false } as const;

/** Prepares an instance for requests, also in tests. */
export async function prepareApp(app: NestFastifyApplication, { settings }: Config): Promise<OpenAPIObject> {
  const fastify = app.getHttpAdapter().getInstance();
  measureRequests(fastify, app.get(Metrics));
  fastify.addHook('preClose', (done) => {
    app.get(ExportRegistry).abortAll();
    done();
  });
  configureCors(app, settings.CORS_ORIGINS);
  const document = setUpOpenApi(app);
  await app.init();
  await fastify.ready();
  return document;
}
