import { applyDecorators } from '@nestjs/common';
import { RouteConfig } from '@nestjs/platform-fastify';
import { ApiExtension, ApiHeader, ApiOperation, ApiResponse } from '@nestjs/swagger';
import { IDEMPOTENCY_KEY } from './command-options.decorators.js';
import type { ProblemCode } from './next-action.js';
import { problem } from './problem.js';

/** Problem codes a route can answer with, by status. */
export type ProblemCodes = Readonly<Record<number, readonly ProblemCode[]>>;

const COMMON: ProblemCodes = { 500: ['INTERNAL_ERROR'], 503: ['DATABASE_UNAVAILABLE', 'DATABASE_BUSY', 'OVERLOADED'] };
const AUTHENTICATED: ProblemCodes = {
  400: ['TENANT_REQUIRED'],
  401: ['UNAUTHENTICATED'],
  403: ['PERMISSION_DENIED', 'TENANT_SUSPENDED', 'NETWORK_NOT_ALLOWED'],
  404: ['TENANT_NOT_FOUND'],
  429: ['RATE_LIMITED'],
  503: ['IDENTITY_PROVIDER_UNAVAILABLE'],
};
const READ: ProblemCodes = { 400: ['VALIDATION_FAILED', 'MALFORMED_REQUEST'] };
const BODY: ProblemCodes = { 413: ['BODY_TOO_LARGE'], 415: ['UNSUPPORTED_MEDIA_TYPE'] };
const WRITE: ProblemCodes = {
  400: ['VALIDATION_FAILED', 'MALFORMED_REQUEST'],
  413: ['BODY_TOO_LARGE'],
  409: ['IDEMPOTENCY_IN_PROGRESS', 'IDEMPOTENCY_RESULT_ERASED'],
  415: ['UNSUPPORTED_MEDIA_TYPE'],
  422: ['IDEMPOTENCY_KEY_REUSED'],
  503: ['OUTCOME_UNKNOWN'],
};
const CHANGE: ProblemCodes = { 412: ['PRECONDITION_FAILED'], 428: ['PRECONDITION_REQUIRED'] };

/** Summary and possible problems of a route that reads. */
export const DescribeRead = (summary: string, codes: ProblemCodes = {}) =>
  describe(summary, [AUTHENTICATED, READ, codes]);

/** Description of a route that answers with pages. */
export const DescribeList = (summary: string, codes: ProblemCodes = {}) =>
  describe(summary, [AUTHENTICATED, READ, { 400: ['CURSOR_MISMATCH'] }, codes]);

/** The same of a route that reads and takes its question in a body. */
export const DescribeQuestion = (summary: string, codes: ProblemCodes = {}) =>
  describe(summary, [AUTHENTICATED, READ, BODY, codes]);

/** The same of a route that makes something. It takes an Idempotency-Key: see WriteOptions. */
export const DescribeWrite = (summary: string, codes: ProblemCodes = {}) =>
  applyDecorators(describe(summary, [AUTHENTICATED, WRITE, codes]), IdempotencyKeyHeader());

/** The same of a route that takes NDJSON: what is wrong with one line is told in its place. */
export const DescribeBatch = (summary: string) =>
  applyDecorators(
    describe(summary, [
      AUTHENTICATED,
      { 400: ['VALIDATION_FAILED', 'MALFORMED_REQUEST'], 415: ['UNSUPPORTED_MEDIA_TYPE'] },
    ]),
    IdempotencyKeyHeader(),
  );

/** The same of a route that acts on what is there. It takes If-Match too: see ChangeOptions. */
export const DescribeChange = (summary: string, codes: ProblemCodes = {}) =>
  applyDecorators(describe(summary, [AUTHENTICATED, WRITE, CHANGE, codes]), IdempotencyKeyHeader(), IfMatchHeader());

const IdempotencyKeyHeader = () =>
  ApiHeader({
    name: 'Idempotency-Key',
    required: false,
    description:
      'Yours, 1 to 255 characters. Sent again with the same request it gets the first result again, with ' +
      '`Idempotency-Replayed: true`, and changes nothing. Kept for 24 hours by default.',
    schema: { type: 'string', pattern: IDEMPOTENCY_KEY.source, maxLength: 257 },
  });

const IfMatchHeader = () =>
  ApiHeader({
    name: 'If-Match',
    required: false,
    description: 'The ETag of the version that the change is made for; at another one it is refused with 412.',
    schema: { type: 'string' },
  });

export const DescribePublic = (summary: string, codes: ProblemCodes = {}) => describe(summary, [codes]);

function describe(summary: string, sources: readonly ProblemCodes[]) {
  const all = [COMMON, ...sources];
  const statuses = [...new Set(all.flatMap((codes) => Object.keys(codes)))].map(Number).sort((a, b) => a - b);
  const codesOf = (status: number) => all.flatMap((codes) => codes[status] ?? []);
  return applyDecorators(
    ApiOperation({ summary }),
    ApiExtension('x-problem-codes', Object.fromEntries(statuses.map((status) => [status, codesOf(status)]))),
    ...statuses.map((status) =>
      ApiResponse({
        status,
        description: codesOf(status).join(', '),
        content: {
          'application/problem+json': {
            schema: { $ref: '#/components/schemas/Problem' },
            examples: Object.fromEntries(codesOf(status).map((code) => [code, { value: exampleOf(status, code) }])),
          },
        },
      }),
    ),
  );
}

function exampleOf(status: number, code: ProblemCode) {
  return problem(status, code, 'A sentence for people.', '019a5f3e-7c4b-7d21-9a53-0e6f1c2b3d4e');
}

/** What a route says of the headers of its answers. */
export interface ResourceConfig {
  readonly location: { readonly collection: string; readonly idField: string };
  readonly cacheForS: number;
}

/** Caches on the way may keep a good answer this long, in seconds; a refusal never. For what is public alone. */
export const CacheFor = (cacheForS: number) => RouteConfig({ cacheForS } satisfies Partial<ResourceConfig>);

/** Answers with `Location: {collection}/{id}`, the id taken from this field of the result. */
export const CreatedAt = (collection: string, idField: string) =>
  RouteConfig({ location: { collection, idField } } satisfies Partial<ResourceConfig>);
