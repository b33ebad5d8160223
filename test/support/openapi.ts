import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { OpenAPIObject } from '@nestjs/swagger';
import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js';
import ajvFormats from 'ajv-formats';
import type { Response } from 'supertest';

interface MediaType {
  readonly schema: { readonly $ref?: string; readonly contentSchema?: { readonly $ref: string } };
  readonly example?: unknown;
  readonly examples?: Record<string, unknown>;
}

export interface DocumentedResponse {
  readonly $ref?: string;
  readonly description: string;
  readonly content?: Record<string, MediaType>;
}

export interface Parameter {
  readonly $ref?: string;
  readonly name: string;
  readonly in: string;
  readonly schema: { readonly pattern?: string };
  readonly example?: string;
}

export interface Operation {
  readonly operationId: string;
  readonly tags: string[];
  readonly security?: Record<string, string[]>[];
  readonly parameters?: Parameter[];
  readonly requestBody?: { readonly required?: boolean; readonly content: Record<string, MediaType> };
  readonly responses: Record<string, DocumentedResponse>;
}

export interface Route {
  readonly path: string;
  readonly method: string;
  readonly operation: Operation;
}

export const BUILT_DOCUMENT_FILE = fileURLToPath(new URL('../../dist/openapi.json', import.meta.url));

/** Values that all test files of a worker share, since to make them takes long. */
interface Made {
  readonly builtDocument: OpenAPIObject;
  readonly routesOf: WeakMap<OpenAPIObject, readonly Route[]>;
  readonly routesByShape: WeakMap<OpenAPIObject, ReadonlyMap<string, readonly Route[]>>;
  readonly validatorsOf: WeakMap<OpenAPIObject, Validators>;
}

const worker = globalThis as { madeOfOpenApi?: Made };
worker.madeOfOpenApi ??= {
  builtDocument: JSON.parse(readFileSync(BUILT_DOCUMENT_FILE, 'utf8')) as OpenAPIObject,
  routesOf: new WeakMap(),
  routesByShape: new WeakMap(),
  validatorsOf: new WeakMap(),
};
const { routesOf, routesByShape, validatorsOf } = worker.madeOfOpenApi;

/** The document that the build has written and the server serves; test/http/openapi.spec.ts compares it with the sources. */
export const { builtDocument } = worker.madeOfOpenApi;

/** Each path of the document with its operations by method; their parameters and responses resolved. */
export function operations(document: OpenAPIObject): Route[] {
  const known = routesOf.get(document) ?? resolvedRoutes(document);
  routesOf.set(document, known);
  return [...known];
}

/** Returns the route of a path, undefined if there is none. */
function routeOf(document: OpenAPIObject, method: string, path: string): Route | undefined {
  const known = routesByShape.get(document) ?? groupByShape(operations(document));
  routesByShape.set(document, known);
  return known.get(shapeOf(method, path))?.find((each) => matches(each.path, path));
}

function groupByShape(routes: readonly Route[]): ReadonlyMap<string, readonly Route[]> {
  const groups = new Map<string, Route[]>();
  for (const route of routes) {
    const shape = shapeOf(route.method, route.path);
    groups.set(shape, [...(groups.get(shape) ?? []), route]);
  }
  return groups;
}

function shapeOf(method: string, path: string): string {
  return `${method} ${path.split('/').length}`;
}

function resolvedRoutes(document: OpenAPIObject): Route[] {
  return Object.entries(document.paths).flatMap(([path, item]) =>
    Object.entries(item as unknown as Record<string, Operation>).map(
      ([method, { parameters = [], responses, ...rest }]) => ({
        path,
        method,
        operation: {
          ...rest,
          parameters: parameters.map((parameter) => resolve(document, parameter)),
          responses: Object.fromEntries(
            Object.entries(responses).map(([status, response]) => [status, resolve(document, response)]),
          ),
        },
      }),
    ),
  );
}

/** The part of the document that a reference names, or the part itself. */
export function resolve<Part extends { readonly $ref?: string }>(document: OpenAPIObject, part: Part): Part {
  if (part.$ref === undefined) return part;
  const steps = part.$ref.slice('#/'.length).split('/');
  return steps.reduce<unknown>((value, step) => (value as Record<string, unknown>)[step], document) as Part;
}

/** Throws unless status, content type, problem code and body are what the document says. Unknown routes have no entry. */
export function assertDocumented(document: OpenAPIObject, method: string, url: string, response: Response): void {
  const path = url.split('?')[0] ?? '';
  const found = routeOf(document, method, path);
  if (!found) return;
  const { status } = response;
  const where = `${method.toUpperCase()} ${found.path} answered ${status}`;
  const documented = found.operation.responses[String(status)];
  if (!documented) throw new Error(`${where}, which the document does not list: ${response.text}`);
  const { type } = response;
  const exports = (found.operation as { 'x-export-formats'?: string[] })['x-export-formats'] ?? [];
  const isExport = status === 200 && exports.includes(type);
  const content = documented.content?.[isExport ? JSON_TYPE : type];
  if (!content) throw new Error(`${where} as ${type}, which the document does not list.`);
  const { code = 'none' } = response.body as { code?: string };
  if (status >= 400 && !(code in (content.examples ?? {}))) {
    throw new Error(`${where} with the code ${code}, which the document does not list.`);
  }
  const { schema } = content;
  const validate = isExport
    ? validator(document, `${schema.$ref}/properties/data/items`)
    : validator(document, schema.contentSchema?.$ref ?? schema.$ref);
  for (const part of partsOf(response)) {
    if (validate(part)) continue;
    throw new Error(`${where} with a body unlike the document: ${JSON.stringify(validate.errors)} in ${response.text}`);
  }
}

const JSON_TYPE = 'application/json';

/** The parts that the document describes: the whole body, or each line of NDJSON. Text has no schema. */
function partsOf({ type, body }: Response): unknown[] {
  if (type === 'application/x-ndjson') return body as unknown[];
  return type.startsWith('text/') ? [] : [body];
}

function matches(template: string, path: string): boolean {
  const parts = template.split('/');
  const given = path.split('/');
  return parts.length === given.length && parts.every((part, at) => part.startsWith('{') || part === given[at]);
}

export interface ExampleRequest {
  readonly url: string;
  readonly body?: string | Record<string, unknown>;
  readonly headers: Record<string, string>;
}

/** The request that the document gives as the example of an operation, as Swagger UI sends it. */
export function exampleOf(document: OpenAPIObject, { path, operation }: Route): ExampleRequest {
  const parameters = new Map(operation.parameters?.map(({ name, example }) => [`{${name}}`, example]));
  const url = path.replace(/\{\w+\}/g, (name) => parameters.get(name) ?? name);
  const [type, content] = Object.entries(operation.requestBody?.content ?? {})[0] ?? [];
  if (type === undefined || content === undefined) return { url, headers: {} };
  const schema = resolve<{ $ref?: string; example?: unknown; examples?: unknown[] }>(document, content.schema);
  const body = (content.example ?? schema.example ?? schema.examples?.[0]) as string | Record<string, unknown>;
  return { url, body, headers: { 'Content-Type': type } };
}

interface Validators {
  readonly ajv: Ajv2020;
  readonly compiled: Map<string, ValidateFunction>;
}

function validators(document: OpenAPIObject): Validators {
  const ajv = new Ajv2020({ strict: false, allErrors: true });
  ajvFormats.default(ajv);
  ajv.addSchema(document, 'openapi');
  return { ajv, compiled: new Map<string, ValidateFunction>() };
}

/** The faults of a value by the schema that the reference names. */
export function faultsOf(document: OpenAPIObject, $ref: string | undefined, value: unknown): unknown[] {
  const validate = validator(document, $ref);
  return validate(value) ? [] : (validate.errors ?? []);
}

function validator(document: OpenAPIObject, $ref = '#'): ValidateFunction {
  const known = validatorsOf.get(document) ?? validators(document);
  validatorsOf.set(document, known);
  const validate = known.compiled.get($ref) ?? known.ajv.compile({ $ref: `openapi${$ref}` });
  known.compiled.set($ref, validate);
  return validate;
}
