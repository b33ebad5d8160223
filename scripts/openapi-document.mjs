// The OpenAPI document without a server and without a database: in preview mode Nest creates no provider.
import { NestFactory } from '@nestjs/core';
import { AppModule } from '../dist/app.module.js';
import { APP_OPTIONS } from '../dist/create-app.js';
import { createFastifyAdapter } from '../dist/create-fastify.js';
import { loadConfig } from '../dist/config.js';
import { buildOpenApi } from '../dist/openapi.js';
import { Secrets } from '../dist/shared/secrets/secrets.js';

export async function openApiDocument() {
  const config = loadConfig({});
  const secrets = new Secrets([Buffer.alloc(32)], Buffer.alloc(32));
  const root = AppModule.forRoot({ config, databaseUrl: 'postgres://127.0.0.1/none', secrets });
  const options = { ...APP_OPTIONS, preview: true, logger: false };
  return buildOpenApi(await NestFactory.create(root, createFastifyAdapter(config), options));
}
