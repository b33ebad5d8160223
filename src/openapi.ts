import type { INestApplication } from '@nestjs/common';
import { DocumentBuilder, SwaggerModule, type OpenAPIObject } from '@nestjs/swagger';
import { VERSION } from './version.js';

const DESCRIPTION = `Issues software licenses from reusable templates, for many vendors at once, and keeps a history that cannot be
rewritten. Press **Authorize** and paste an API key (\`imp_…\`).

Errors are RFC 9457 problems; branch on \`code\`. Each operation lists its codes under its error statuses, and the permission it
needs as \`x-permission\`. Lists are paged: pass \`next_cursor\` as \`cursor\` until it is null.`;

/** The OpenAPI 3.1 document at /openapi.json and Swagger UI at /docs. */
export function setUpOpenApi(app: INestApplication): OpenAPIObject {
  const options = new DocumentBuilder()
    .setOpenAPIVersion('3.1.0')
    .setTitle('Imprimatur')
    .setVersion(VERSION)
    .setDescription(DESCRIPTION)
    .setLicense('Apache-2.0', 'https://www.apache.org/licenses/LICENSE-2.0')
    .addBearerAuth({ type: 'http', scheme: 'bearer', bearerFormat: 'imp_…', description: 'An API key.' }, 'api-key')
    .build();
  const document = SwaggerModule.createDocument(app, options, {
    operationIdFactory: (_controller, method) => method,
  });
  SwaggerModule.setup('docs', app, document, {
    jsonDocumentUrl: 'openapi.json',
    raw: ['json'],
    customSiteTitle: 'Imprimatur API',
    swaggerOptions: { persistAuthorization: true, displayRequestDuration: true, tryItOutEnabled: true },
  });
  return document;
}
