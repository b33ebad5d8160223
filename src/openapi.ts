import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { DocumentBuilder, SwaggerModule, type OpenAPIObject, type SwaggerDocumentOptions } from '@nestjs/swagger';
import { z } from 'zod';
import { BatchChangeResult, BatchOrder, BatchRefusal, BatchRenewal, BatchResult } from './licensing/index.js';
import { describeLists } from './shared/http/list.decorator.js';
import { Problem } from './shared/http/problem.js';
import { ROLES, type Permission } from './shared/tenancy/permissions.js';
import { serveDocumentation } from './swagger-ui.js';
import { VERSION } from './version.js';

const DESCRIPTION = `Issues software licenses from reusable templates, for many vendors at once, and keeps a history that cannot
be rewritten. Press **Authorize** and paste an API key (\`imp_…\`).

Errors are RFC 9457 problems; branch on \`code\`. Each operation lists its codes under its error statuses, and the
permission it needs as \`x-permission\`; \`x-roles\` of the document says what each role may. Lists are paged: pass \`next_cursor\` as \`cursor\` until it is null,
or ask for \`application/x-ndjson\` or \`text/csv\` to get a list whole.

Any route may answer 408 \`REQUEST_TIMEOUT\` to a request that does not arrive in time, 431 \`HEADERS_TOO_LARGE\` to headers over 16 KiB, 417
\`EXPECTATION_FAILED\` to an unknown \`Expect\`, and 400 \`MALFORMED_REQUEST\` or \`TOO_MANY_CHUNKS\` to what is not HTTP; the connection ends then.`;

/** In the order in which they are shown. */
const TAGS = [
  'Licenses',
  'Activations',
  'Client API',
  'License templates',
  'Products',
  'Customers',
  'License events',
  'API keys',
  'Signing keys',
  'Settings',
  'Me',
  'Tenants',
  'Health',
  'Metrics',
];

type Operation = NonNullable<OpenAPIObject['paths'][string]['get']>;
type Schemas = NonNullable<NonNullable<OpenAPIObject['components']>['schemas']>;

/** The OpenAPI 3.1 document at /openapi.json and Swagger UI at /docs. */
export function setUpOpenApi(app: NestFastifyApplication): OpenAPIObject {
  const builder = new DocumentBuilder()
    .setOpenAPIVersion('3.1.0')
    .setTitle('Imprimatur')
    .setVersion(VERSION)
    .setDescription(DESCRIPTION)
    .setLicense('Apache-2.0', 'https://www.apache.org/licenses/LICENSE-2.0')
    .addBearerAuth(
      {
        type: 'http',
        scheme: 'bearer',
        bearerFormat: 'imp_…',
        description: 'An API key, or a token of the identity provider.',
      },
      'api-key',
    );
  for (const tag of TAGS) builder.addTag(tag);
  const document = SwaggerModule.createDocument(app, builder.build(), {
    standardSchemaConverter,
  });
  document.components = {
    ...document.components,
    responses: {
      ...document.components?.responses,
      RequestTimeout: connectionProblem('REQUEST_TIMEOUT: the request did not arrive in time.'),
      ExpectationFailed: connectionProblem('EXPECTATION_FAILED: only "Expect: 100-continue" is understood.'),
      HeadersTooLarge: connectionProblem('HEADERS_TOO_LARGE: the headers are larger than 16 KiB.'),
    },
    schemas: {
      ...document.components?.schemas,
      ...toComponents(Problem, 'output').components,
      ...toComponents(z.union([BatchOrder, BatchRenewal, BatchRefusal]), 'input').components,
      ...toComponents(z.union([BatchResult, BatchChangeResult]), 'output').components,
    },
  };
  describeLists(document);
  markOptionalBodies(document);
  describeAccess(document);
  Object.assign(document, { 'x-roles': ROLES });
  serveDocumentation(app.getHttpAdapter().getInstance(), document);
  return document;
}

/** Appends to each description who may call the operation, because Swagger UI does not show `x-` members. */
function describeAccess({ paths }: OpenAPIObject): void {
  for (const operation of operationsOf(paths)) {
    const { 'x-permission': permission } = operation as { 'x-permission'?: Permission };
    if (permission === undefined) continue;
    const isOpen = operation.security?.some((requirement) => Object.keys(requirement).length === 0);
    const condition = isOpen ? 'With an API key, it requires' : 'Requires';
    const access = `${condition} \`${permission}\` (roles: ${rolesWith(permission).join(', ')}).`;
    operation.description = [operation.description, access].filter(Boolean).join(' ');
  }
}

function rolesWith(permission: Permission): string[] {
  return Object.entries(ROLES).flatMap(([role, permissions]) => (permissions.includes(permission) ? [role] : []));
}

function operationsOf(paths: OpenAPIObject['paths']): Operation[] {
  return Object.values(paths).flatMap((path) => Object.values(path) as Operation[]);
}

/** An answer on the bare connection, which belongs to no route. */
function connectionProblem(description: string) {
  return {
    description,
    content: { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } },
  };
}

const standardSchemaConverter: NonNullable<SwaggerDocumentOptions['standardSchemaConverter']> = (
  schema,
  { schemaType },
) => (schema instanceof z.ZodType ? toComponents(schema, schemaType) : undefined);

/** A body whose members are all optional may be left out. */
function markOptionalBodies({ paths, components }: OpenAPIObject): void {
  for (const operation of operationsOf(paths)) {
    const body = operation.requestBody;
    if (body === undefined || !('content' in body)) continue;
    const schema = body.content['application/json']?.schema;
    const name = schema && '$ref' in schema ? schema.$ref.split('/').pop() : undefined;
    const named = name === undefined ? undefined : components?.schemas?.[name];
    if (!named || 'required' in named || 'minProperties' in named) continue;
    body.required = false;
  }
}

/** JSON Schema 2020-12, which is what OpenAPI 3.1 speaks. */
function toComponents(schema: z.ZodType, io: 'input' | 'output') {
  const override = (context: Override) => {
    keepHints(context);
    if (io === 'output') dropSafeIntegerBounds(context.jsonSchema);
  };
  const { $defs, ...root } = z.toJSONSchema(schema, { io, override });
  delete root.$schema;
  const rewritten = JSON.stringify({ root, $defs: $defs ?? {} }).replaceAll('#/$defs/', '#/components/schemas/');
  const result = JSON.parse(rewritten) as { root: Schemas[string]; $defs: Schemas };
  return { schema: result.root, components: result.$defs };
}

interface Override {
  readonly zodSchema: z.core.$ZodTypes;
  readonly jsonSchema: z.core.JSONSchema.BaseSchema;
}

/** Of what we send, the bounds of 2^53 say nothing, and Swagger UI would show them as the example. */
function dropSafeIntegerBounds(jsonSchema: Override['jsonSchema']): void {
  if (jsonSchema.minimum === Number.MIN_SAFE_INTEGER) delete jsonSchema.minimum;
  if (jsonSchema.maximum === Number.MAX_SAFE_INTEGER) delete jsonSchema.maximum;
}

/** zod leaves examples and defaults out of schemas that transform, and spells formats out as patterns. */
function keepHints({ zodSchema, jsonSchema }: Override): void {
  const hints = z.globalRegistry.get(zodSchema);
  if (hints?.examples) jsonSchema.examples = hints.examples as z.core.JSONSchema.BaseSchema['examples'];
  if (hints && 'default' in hints) jsonSchema.default = hints.default;
  if (jsonSchema.format) delete jsonSchema.pattern;
  delete jsonSchema.id;
}
