import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import accepts from 'accepts';
import type { FastifyInstance } from 'fastify';

const CACHE_CONTROL = 'public, max-age=600';

const PAGE = (base: string) => `<!DOCTYPE html>
<html lang="en">
<head>
  <meta charset="UTF-8">
  <title>Imprimatur API</title>
  <link rel="icon" type="image/png" href="${base}favicon-32x32.png" sizes="32x32">
  <link rel="stylesheet" href="${base}swagger-ui.css">
</head>
<body>
  <div id="swagger-ui"></div>
  <script src="${base}swagger-ui-bundle.js"></script>
  <script src="${base}swagger-ui-init.js"></script>
</body>
</html>
`;

const INDEX = {
  name: 'Imprimatur',
  admin: 'admin/',
  documentation: 'docs',
  openapi: 'openapi.json',
  health: 'health/ready',
};

/** The document is located relative to the page, under any path of a proxy. A persisted API key would stay in the browser's storage. */
const INIT = `SwaggerUIBundle({
  url: new URL('../openapi.json', document.currentScript.src).href,
  dom_id: '#swagger-ui',
  deepLinking: true,
  displayRequestDuration: true,
  tryItOutEnabled: true,
  persistAuthorization: false,
  plugins: [sendLinesAsTheyAre],
});

// Swagger UI would quote text whose media type has "json" in its name, and ask for a file if its format is binary.
function sendLinesAsTheyAre() {
  return {
    afterLoad() {
      const { getSampleSchema, isFileUploadIntended } = this.fn;
      this.fn.getSampleSchema = (schema, type, config, example) =>
        /ndjson/.test(type) && typeof example === 'string' ? example : getSampleSchema(schema, type, config, example);
      this.fn.isFileUploadIntended = (schema, type) => !/ndjson/.test(type) && isFileUploadIntended(schema, type);
    },
  };
}
`;

/** The OpenAPI document that `npm run build` has written. The path is the same from src/, where tests run. */
const DOCUMENT = fileURLToPath(new URL('../dist/openapi.json', import.meta.url));

/**
 * Serves the OpenAPI document and Swagger UI from buffers that all responses share, so that slow readers cost neither memory nor open
 * files.
 */
export function serveDocumentation(fastify: FastifyInstance): void {
  const folder = dirname(createRequire(import.meta.url).resolve('swagger-ui-dist/package.json'));
  const file = (name: string) => readFileSync(join(folder, name));
  const serve = (path: string, type: string, content: string | Buffer) => {
    const buffer = Buffer.from(content);
    fastify.get(path, (_request, reply) => reply.header('Cache-Control', CACHE_CONTROL).type(type).send(buffer));
  };
  serve('/docs', 'text/html; charset=utf-8', PAGE('./docs/'));
  serve('/docs/', 'text/html; charset=utf-8', PAGE('./'));
  serve('/docs/swagger-ui-init.js', 'text/javascript; charset=utf-8', INIT);
  serve('/docs/swagger-ui-bundle.js', 'text/javascript; charset=utf-8', file('swagger-ui-bundle.js'));
  serve('/docs/swagger-ui.css', 'text/css; charset=utf-8', file('swagger-ui.css'));
  serve('/docs/favicon-32x32.png', 'image/png', file('favicon-32x32.png'));
  // Relative, because a proxy may serve the application under a path.
  fastify.get('/', (request, reply) => {
    reply.header('Vary', 'Accept');
    const isBrowser = accepts(request.raw).type(['application/json', 'text/html']) === 'text/html';
    return isBrowser ? reply.redirect('admin/') : reply.send(INDEX);
  });
  const json = readFileSync(DOCUMENT);
  fastify.get('/openapi.json', (_request, reply) => reply.type('application/json; charset=utf-8').send(json));
}
