import type { OpenAPIObject } from '@nestjs/swagger';
import { NestFactory } from '@nestjs/core';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { ConsoleLogger } from '@nestjs/common';
import { AppModule, type Runtime } from './app.module.js';
import { setUpOpenApi } from './openapi.js';
import { createFastifyAdapter } from './shared/http/fastify.js';

/** The whole application, ready to listen. Logs are JSON, one object a line, on standard output. */
export async function createApp(runtime: Runtime): Promise<NestFastifyApplication> {
  const { LOG_LEVEL: level } = runtime.config.settings;
  const app = await NestFactory.create<NestFastifyApplication>(AppModule.forRoot(runtime), createFastifyAdapter(), {
    abortOnError: false,
    logger: ['error', 'warn'],
  });
  await prepareApp(app);
  const levels = ['error', 'warn', 'log', 'debug'] as const;
  app.useLogger(
    new ConsoleLogger('', { json: true, colors: false, logLevels: levels.slice(0, levels.indexOf(level) + 1) }),
  );
  return app;
}

/** What every instance needs before it can answer, those of the tests too. */
export async function prepareApp(app: NestFastifyApplication): Promise<OpenAPIObject> {
  const document = setUpOpenApi(app);
  await app.init();
  await app.getHttpAdapter().getInstance().ready();
  return document;
}
