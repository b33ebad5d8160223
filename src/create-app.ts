import { NestFactory } from '@nestjs/core';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import type { Config } from './config.js';
import { AppModule, type Runtime } from './app.module.js';
import { configureCors } from './shared/http/cors.js';
import { ExportRegistry } from './shared/http/streams/exports.js';
import { createFastifyAdapter } from './create-fastify.js';
import { measureRequests } from './shared/http/measure-requests.js';
import { JsonLogger } from './shared/json-logger.js';
import { Metrics } from './shared/metrics.js';
import { serveAdminUi } from './admin-ui.js';
import { serveDocumentation } from './swagger-ui.js';

/** Creates the application, ready to listen. Logs are JSON, one object per line, on standard output. */
export async function createApp(runtime: Runtime): Promise<NestFastifyApplication> {
  const { LOG_LEVEL: level } = runtime.config.settings;
  const adapter = createFastifyAdapter(runtime.config);
  const app = await NestFactory.create<NestFastifyApplication>(AppModule.forRoot(runtime), adapter, {
    ...APP_OPTIONS,
    logger: ['error', 'warn'],
  });
  await prepareApp(app, runtime.config);
  app.useLogger(new JsonLogger(level));
  return app;
}

/**
 * Options without Nest's body parser, because the application has its own. An error, such as a provider that a module lacks, is thrown: Nest
 * would only log it, which the build turns off, and exit.
 */
export const APP_OPTIONS = { bodyParser: false, abortOnError: false } as const;

/** Prepares an instance for requests, also in tests. */
export async function prepareApp(app: NestFastifyApplication, { settings }: Config): Promise<void> {
  const fastify = app.getHttpAdapter().getInstance();
  measureRequests(fastify, app.get(Metrics));
  fastify.addHook('preClose', (done) => {
    app.get(ExportRegistry).abortAll();
    done();
  });
  configureCors(app, settings.CORS_ORIGINS);
  serveDocumentation(fastify);
  serveAdminUi(fastify);
  await app.init();
  await fastify.ready();
}
