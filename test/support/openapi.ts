import type { OpenAPIObject } from '@nestjs/swagger';
import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js';
import ajvFormats from 'ajv-formats';
import type { Response } from 'supertest';

interface Operation {
  readonly responses: Record<string, { content?: Record<string, unknown> }>;
  readonly 'x-problem-codes'?: Record<string, string[]>;
}

/** Each path of the document with its operations by method. */
export function operations(document: OpenAPIObject): { path: string; method: string; operation: Operation }[] {
  return Object.entries(document.paths).flatMap(([path, item]) =>
    Object.entries(item as Record<string, Operation>).map(([method, operation]) => ({ path, method, operation })),
  );
}

/** Throws unless status, content type, problem code and body are what the document says. Unknown routes have no entry. */
export function assertDocumented(document: OpenAPIObject, method: string, url: string, response: Response): void {
  const path = url.split('?')[0] ?? '';
  const found = operations(document).find((entry) => entry.method === method && matches(entry.path, path));
  if (!found) return;
  const { status } = response;
  const where = `${method.toUpperCase()} ${found.path} answered ${status}`;
  const documented = found.operation.responses[String(status)];
  if (!documented) throw new Error(`${where}, which the document does not list: ${response.text}`);
  const type = response.type;
  if (documented.content?.[type] === undefined) {
    throw new Error(`${where} as ${type}, which the document does not list.`);
  }
  const { code = 'none' } = response.body as { code?: string };
  if (status >= 400 && !problemCodes(found.operation, status).includes(code)) {
    throw new Error(`${where} with the code ${code}, which the document does not list.`);
  }
  const validate = validator(document, found.path, method, status, type);
  for (const part of partsOf(response)) {
    if (validate(part)) continue;
    throw new Error(`${where} with a body unlike the document: ${JSON.stringify(validate.errors)} in ${response.text}`);
  }
}

/** What the document describes: the whole, or a line of NDJSON. */
function partsOf({ type, text, body }: Response): unknown[] {
  if (type === 'application/x-ndjson') return body as unknown[];
  return [type.startsWith('text/') ? text : body];
}

function problemCodes(operation: Operation, status: number): readonly string[] {
  return operation['x-problem-codes']?.[String(status)] ?? [];
}

function matches(template: string, path: string): boolean {
  const parts = template.split('/');
  const given = path.split('/');
  return parts.length === given.length && parts.every((part, at) => part.startsWith('{') || part === given[at]);
}

interface Validators {
  readonly ajv: Ajv2020;
  readonly compiled: Map<string, ValidateFunction>;
}

const validatorsOf = new WeakMap<OpenAPIObject, Validators>();
/** By the text of the document, because the applications of a file have equal ones and to compile takes long. */
const validatorsOfText = new Map<string, Validators>();

function validators(document: OpenAPIObject): Validators {
  const text = JSON.stringify(document);
  const known = validatorsOfText.get(text);
  if (known) return known;
  const ajv = new Ajv2020({ strict: false, allErrors: true });
  ajvFormats.default(ajv);
  ajv.addSchema(document, 'openapi');
  const made = { ajv, compiled: new Map<string, ValidateFunction>() };
  validatorsOfText.set(text, made);
  return made;
}

function validator(
  document: OpenAPIObject,
  path: string,
  method: string,
  status: number,
  type: string,
): ValidateFunction {
  const known = validatorsOf.get(document) ?? validators(document);
  validatorsOf.set(document, known);
  const steps = ['paths', path, method, 'responses', String(status), 'content', type, 'schema'];
  const $ref = `openapi#/${steps.map((step) => encodeURIComponent(step.replaceAll('~', '~0').replaceAll('/', '~1'))).join('/')}`;
  const validate = known.compiled.get($ref) ?? known.ajv.compile({ $ref });
  known.compiled.set($ref, validate);
  return validate;
}
