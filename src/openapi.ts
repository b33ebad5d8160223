import { STATUS_CODES } from 'node:http';
import type { INestApplication } from '@nestjs/common';
import { DocumentBuilder, SwaggerModule, type OpenAPIObject, type SwaggerDocumentOptions } from '@nestjs/swagger';
import { z } from 'zod';
import {
  BatchActionResult,
  BatchIssueLine,
  BatchActionLine,
  BatchChangeTemplateLine,
  BatchReinstateLine,
  BatchRenewLine,
  BatchIssueResult,
  BatchTransferLine,
  SelectedLicense,
  ImportLine,
  ImportResult,
} from './licensing/index.js';
import { RESPONSE_EXAMPLES } from './response-examples.js';
import { groupBy } from './shared/group-by.js';
import { EXAMPLE_REQUEST_ID, EXAMPLES } from './shared/examples.js';
import { PROBLEM_CODES, type ProblemCodes } from './shared/http/api.decorators.js';
import { NDJSON } from './shared/http/streams/ndjson.js';
import { PROBLEM_DETAILS } from './shared/http/problem-examples.js';
import type { ProblemCode } from './shared/http/next-action.js';
import { Problem, problem, type ProblemFacts } from './shared/http/problem.js';
import { ROLES, type Permission } from './shared/access/permissions.js';
import { VERSION } from './version.js';

const DESCRIPTION = `Issues software licenses from reusable templates, for many vendors at once, and keeps an append-only event log.
Press **Authorize** and paste an API key (\`imp_…\`). The examples name rows of the sample data. Operations under **Tenants** and **Metrics** need a
platform key.

Errors are problem details (RFC 9457); switch on \`code\`. Each operation lists its codes under its error statuses, and its permission with
the roles that have it in its description; \`x-roles\` lists the permissions of each role. Lists are paged: pass \`next_cursor\` as \`cursor\` until it is null, or
send \`Accept: application/x-ndjson\` or \`text/csv\` to export the whole list (with \`limit\`: that page only).

Any operation may respond with 408 \`REQUEST_TIMEOUT\` if the request does not arrive in time, 431 \`HEADERS_TOO_LARGE\` if the headers exceed 16 KiB,
417 \`EXPECTATION_FAILED\` to an unknown \`Expect\`, and 400 \`MALFORMED_REQUEST\` or \`TOO_MANY_CHUNKS\` if it is not valid HTTP; then the connection is closed.`;

/** Tags in the order of their display. */
const TAGS = {
  Licenses: 'Issue licenses, read them and act on them.',
  Activations: 'Devices of a license and their seats, for staff.',
  'Client API': 'For your programs. The license key in the body is the credential; no API key is needed.',
  Subscriptions: 'Licenses that are paid by the period, and the events of your billing system.',
  'License templates': 'Reusable license terms of a product.',
  Products: 'What is licensed.',
  Customers: 'Parties that licenses are issued to.',
  'E-mail': 'Messages to customers and partners, and their texts.',
  Quotes: 'Offers to customers, which become orders when they are accepted.',
  Orders: 'Sales orders, their payments, and the licenses that they issue, renew and change.',
  Workflows: 'Processes of several steps that survive a crash.',
  Partners: 'Resellers that issue licenses from their pools.',
  'License pools': 'Licenses of a template that a partner may issue, with their ledger.',
  'Partner invitations': 'Codes by which partners get their API keys.',
  'License events': 'The append-only event log of the tenant.',
  Reports: 'Counts of licenses, seats and refusals.',
  'Sign-in': 'Sessions of browsers: how the admin UI signs in and out.',
  Sessions: 'Sessions of the tenant.',
  'API keys': 'Credentials of the tenant with a role or permissions.',
  'Signing keys': 'Ed25519 key pairs that sign license files, validation results and revocation lists.',
  Settings: 'Settings that the tenant controls itself.',
  Me: 'The authenticated caller.',
  Tenants: 'Isolated accounts of vendors. Requires a platform key.',
  Health: 'Probes for load balancers and orchestrators. Open to everybody.',
  Metrics: 'Measurements of the server process. Requires a platform key.',
};

const BATCH_LINES = z.union([
  BatchIssueLine,
  BatchRenewLine,
  BatchActionLine,
  BatchReinstateLine,
  BatchTransferLine,
  BatchChangeTemplateLine,
]);

/** Description and example of each path parameter. */
const PATH_PARAMETERS: Readonly<Record<string, readonly [description: string, example: string]>> = {
  license_id: ['Id of the license.', EXAMPLES.licenseId],
  activation_id: ['Id of the activation.', EXAMPLES.activationId],
  blocked_device_id: ['Id of the block.', EXAMPLES.blockedDeviceId],
  note_id: ['Id of the note.', EXAMPLES.noteId],
  template_id: ['Id of the license template.', EXAMPLES.templateId],
  product_id: ['Id of the product.', EXAMPLES.productId],
  customer_id: ['Id of the customer.', EXAMPLES.customerId],
  template: ['Name of the e-mail template.', 'renewal_reminder'],
  language: ['Language tag.', 'de'],
  email_message_id: ['Id of the e-mail message.', EXAMPLES.emailMessageId],
  subscription_id: ['Id of the subscription.', EXAMPLES.subscriptionId],
  quote_id: ['Id of the quote.', EXAMPLES.quoteId],
  order_id: ['Id of the order.', EXAMPLES.orderId],
  session_id: ['Id of the session.', EXAMPLES.sessionId],
  key_id: ['Id of the API key.', EXAMPLES.apiKeyId],
  partner_id: ['Id of the partner.', EXAMPLES.partnerId],
  pool_id: ['Id of the license pool.', EXAMPLES.poolId],
  invitation_id: ['Id of the invitation.', EXAMPLES.invitationId],
  kid: ['Id of the signing key.', EXAMPLES.kid],
  tenant_id: ['Id of the tenant.', EXAMPLES.tenantId],
  run_id: ['Id of the workflow run.', EXAMPLES.runId],
  signal: ['Name of the signal.', 'approved'],
};

type Operation = NonNullable<OpenAPIObject['paths'][string]['get']>;
type Schemas = NonNullable<NonNullable<OpenAPIObject['components']>['schemas']>;
type Responses = NonNullable<SharedParts['responses']>;
type Parameter = Extract<NonNullable<Operation['parameters']>[number], { name: string }>;

/** Builds the OpenAPI 3.1 document. The build does it (scripts/build.mjs), because it takes longer than the rest of a start. */
export function buildOpenApi(app: INestApplication): OpenAPIObject {
  const builder = new DocumentBuilder()
    .setOpenAPIVersion('3.1.0')
    .setTitle('Imprimatur')
    .setVersion(VERSION)
    .setDescription(DESCRIPTION)
    .setLicense('Apache-2.0', 'https://www.apache.org/licenses/LICENSE-2.0')
    .addServer('.', 'This server. The URL is relative to the document, so that it holds behind a proxy, too.')
    .addBearerAuth(
      {
        type: 'http',
        scheme: 'bearer',
        bearerFormat: 'imp_…',
        description: 'An API key, or an access token of the identity provider.',
      },
      'api-key',
    )
    .addCookieAuth(
      'imprimatur',
      {
        type: 'apiKey',
        in: 'cookie',
        description: 'The session of a browser: see POST /auth/session. Over TLS its name begins with `__Host-`.',
      },
      'session',
    );
  for (const [tag, description] of Object.entries(TAGS)) builder.addTag(tag, description);
  const document = SwaggerModule.createDocument(app, builder.build(), {
    standardSchemaConverter,
    autoTagControllers: false,
  });
  document.info.contact = { name: 'The operator of this server' };
  document.components = {
    ...document.components,
    examples: problemExamples(document.paths),
    parameters: {},
    responses: { ...CONNECTION_RESPONSES },
    schemas: {
      ...document.components?.schemas,
      ...toComponents(Problem, 'output').components,
      ...toComponents(BATCH_LINES, 'input').components,
      ...toComponents(z.union([BatchIssueResult, BatchActionResult, SelectedLicense]), 'output').components,
      ...toComponents(z.union([BatchIssueLine, BatchRenewLine, BatchActionLine, ImportLine]), 'input').components,
      ...toComponents(z.union([BatchIssueResult, BatchActionResult, ImportResult]), 'output').components,
    },
  };
  addResponseExamples(document.components.schemas);
  markOptionalBodies(document);
  for (const operation of operationsOf(document.paths)) {
    describeAccess(operation);
    describeParameters(operation);
    describeResponses(operation, document.components);
    describeLines(operation, document.components);
  }
  const { parameters = {}, responses = {} } = document.components;
  shareParts(document.paths, { parameters, responses });
  Object.assign(document, { 'x-roles': ROLES });
  return document;
}

/** Adds one example to the schema of each response, which pages and lines of NDJSON share. */
function addResponseExamples(schemas: Schemas = {}): void {
  for (const [name, example] of Object.entries(RESPONSE_EXAMPLES)) {
    const schema = schemas[name];
    if (!schema) throw new Error(`There is an example of ${name}, but no such schema.`);
    Object.assign(schema, { examples: [example] });
  }
}

/** Appends to the description who may call the operation, because Swagger UI does not show `x-` members. */
function describeAccess(operation: Operation): void {
  // Without this an operation would inherit the security of the document.
  operation.security ??= [];
  const { 'x-permission': permission } = operation as { 'x-permission'?: Permission };
  if (permission === undefined) return;
  const isOpen = operation.security.some((requirement) => Object.keys(requirement).length === 0);
  const condition = isOpen ? 'With an API key, it requires' : 'Requires';
  const access = `${condition} \`${permission}\` (roles: ${rolesWith(permission).join(', ')}).`;
  operation.description = [operation.description, access].filter(Boolean).join(' ');
}

function describeParameters({ parameters = [] }: Operation): void {
  for (const parameter of parameters as Parameter[]) {
    const [description, example] = PATH_PARAMETERS[parameter.name] ?? [];
    if (parameter.in !== 'path' || example === undefined) continue;
    Object.assign(parameter, { description, example });
    // The example of the parameter suffices.
    if (parameter.schema && 'examples' in parameter.schema) delete parameter.schema.examples;
  }
}

/**
 * Describes a response without a description by its schema, and adds to open routes the responses on the connection itself, which are
 * described only there.
 */
function describeResponses(operation: Operation, { schemas = {} }: { schemas?: Schemas }): void {
  for (const response of Object.values(operation.responses)) {
    if (!response || '$ref' in response || response.description) continue;
    const schema = response.content?.['application/json']?.schema;
    const named = schema && '$ref' in schema ? schemas[nameOf(schema)] : undefined;
    response.description = named && !('$ref' in named) ? (named.description ?? 'Success.') : 'Success.';
  }
  if (operation.security?.length !== 0) return;
  for (const [status, name] of Object.entries(CONNECTION_STATUSES)) {
    operation.responses[status] = { $ref: `#/components/responses/${name}` };
  }
}

/** Gives NDJSON bodies a textual example of several lines, because Swagger UI would show the schema of one line. */
function describeLines({ requestBody, responses }: Operation, { schemas = {} }: { schemas?: Schemas }): void {
  for (const part of [requestBody, ...Object.values(responses)]) {
    const lines = part && 'content' in part ? part.content?.[NDJSON] : undefined;
    const { contentSchema } = (lines?.schema ?? {}) as { contentSchema?: { $ref: string } };
    const line = contentSchema && schemas[nameOf(contentSchema)];
    if (!lines || !line || !('examples' in line)) continue;
    lines.example = (line.examples as unknown as object[]).map((item) => `${JSON.stringify(item)}\n`).join('');
  }
}

/** Collects one example per problem code. Responses refer to them, so the list of codes is removed. */
function problemExamples(paths: OpenAPIObject['paths']) {
  const examples: Record<string, { value: Problem }> = {};
  for (const operation of operationsOf(paths)) {
    const { [PROBLEM_CODES]: codes = {} } = operation as { [PROBLEM_CODES]?: ProblemCodes };
    Reflect.deleteProperty(operation, PROBLEM_CODES);
    for (const [status, ofStatus] of Object.entries(codes)) {
      for (const code of ofStatus) {
        examples[code] ??= {
          value: problem(Number(status), code, PROBLEM_DETAILS[code], EXAMPLE_REQUEST_ID, exampleFacts(code)),
        };
      }
    }
  }
  return Object.fromEntries(Object.entries(examples).sort(([one], [other]) => (one < other ? -1 : 1)));
}

function exampleFacts(code: ProblemCode): ProblemFacts {
  return code === 'VALIDATION_FAILED' ? { errors: [{ pointer: '/name', detail: 'is required' }] } : {};
}

/** Moves parameters and error responses of several operations to components: inlined, they are two thirds of the document. */
function shareParts(paths: OpenAPIObject['paths'], { parameters, responses }: Required<SharedParts>): void {
  const ofParameters: Use<Parameter>[] = [];
  const ofResponses: Use<Responses[string]>[] = [];
  for (const operation of operationsOf(paths)) {
    operation.parameters?.forEach((parameter, at, all) => {
      if (!('name' in parameter)) return;
      ofParameters.push({ title: parameter.name, part: parameter, replace: (shared) => (all[at] = shared) });
    });
    for (const [status, response] of Object.entries(operation.responses)) {
      if (Number(status) < 400 || !response || '$ref' in response) continue;
      const replace = (shared: Reference) => (operation.responses[status] = shared);
      ofResponses.push({ title: STATUS_CODES[status] ?? 'Error', part: response, replace });
    }
  }
  share('parameters', parameters, ofParameters);
  share('responses', responses, ofResponses);
}

type SharedParts = Pick<NonNullable<OpenAPIObject['components']>, 'parameters' | 'responses'>;

interface Reference {
  $ref: string;
}

/** One place of the document that contains the part. */
interface Use<Part> {
  readonly title: string;
  readonly part: Part;
  readonly replace: (shared: Reference) => void;
}

/** Creates components of the parts that are used more than once. */
function share<Part>(section: string, shared: Record<string, Part | Reference>, uses: readonly Use<Part>[]): void {
  const byContent = groupBy(uses, ({ title, part }) => JSON.stringify([title, part]));
  for (const [first, ...others] of byContent.values()) {
    if (others.length === 0) continue;
    const title = first.title.replaceAll(/[^\w-]/g, '');
    let name = title;
    for (let number = 2; name in shared; number++) name = `${title}${number}`;
    shared[name] = first.part;
    for (const { replace } of [first, ...others]) replace({ $ref: `#/components/${section}/${name}` });
  }
}

function rolesWith(permission: Permission): string[] {
  return Object.entries(ROLES).flatMap(([role, permissions]) => (permissions.includes(permission) ? [role] : []));
}

function operationsOf(paths: OpenAPIObject['paths']): Operation[] {
  return Object.values(paths).flatMap((path) => Object.values(path) as Operation[]);
}

/** Responses on the connection itself, which belong to no route. */
const CONNECTION_STATUSES = { 408: 'RequestTimeout', 417: 'ExpectationFailed', 431: 'HeadersTooLarge' };
const CONNECTION_RESPONSES: Responses = {
  RequestTimeout: connectionProblem('REQUEST_TIMEOUT: the request did not arrive in time.'),
  ExpectationFailed: connectionProblem('EXPECTATION_FAILED: only "Expect: 100-continue" is understood.'),
  HeadersTooLarge: connectionProblem('HEADERS_TOO_LARGE: the headers are larger than 16 KiB.'),
};

function connectionProblem(description: string) {
  return {
    description,
    content: { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } },
  };
}

function nameOf({ $ref }: { $ref: string }): string {
  return $ref.slice($ref.lastIndexOf('/') + 1);
}

const standardSchemaConverter: NonNullable<SwaggerDocumentOptions['standardSchemaConverter']> = (
  schema,
  { schemaType },
) => (schema instanceof z.ZodType ? toComponents(schema, schemaType) : undefined);

/** Marks a body as optional if all its members are. */
function markOptionalBodies({ paths, components }: OpenAPIObject): void {
  for (const operation of operationsOf(paths)) {
    const body = operation.requestBody;
    if (body === undefined || !('content' in body)) continue;
    const schema = body.content['application/json']?.schema;
    const name = schema && '$ref' in schema ? nameOf(schema) : undefined;
    const named = name === undefined ? undefined : components?.schemas?.[name];
    if (!named || 'required' in named || 'minProperties' in named) continue;
    body.required = false;
  }
}

/** Returns JSON Schema 2020-12, the dialect of OpenAPI 3.1. */
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

/** Removes the bounds of 2^53 from response schemas: Swagger UI would show them as examples. */
function dropSafeIntegerBounds(jsonSchema: Override['jsonSchema']): void {
  if (jsonSchema.minimum === Number.MIN_SAFE_INTEGER) delete jsonSchema.minimum;
  if (jsonSchema.maximum === Number.MAX_SAFE_INTEGER) delete jsonSchema.maximum;
}

/** Restores examples and defaults that zod omits for transforming schemas, and formats that it replaces by patterns. */
function keepHints({ zodSchema, jsonSchema }: Override): void {
  const hints = z.globalRegistry.get(zodSchema);
  if (hints?.examples) jsonSchema.examples = hints.examples as z.core.JSONSchema.BaseSchema['examples'];
  if (hints && 'default' in hints) jsonSchema.default = hints.default;
  if (jsonSchema.format) delete jsonSchema.pattern;
  delete jsonSchema.id;
}
