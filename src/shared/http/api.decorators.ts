import { applyDecorators } from '@nestjs/common';
import { RouteConfig } from '@nestjs/platform-fastify';
import { ApiExtension, ApiHeader, ApiOperation, ApiResponse } from '@nestjs/swagger';
import { MAX_REMEMBER_DAYS } from '../persistence/idempotency-claim.js';
import { IDEMPOTENCY_KEY } from './command-options.decorators.js';
import type { ProblemCode } from './next-action.js';

/** OpenAPI extension of a route from which openapi.ts builds the examples of its problems. */
export const PROBLEM_CODES = 'x-problem-codes';

/** Problem codes of a route, by status. */
export type ProblemCodes = Readonly<Record<number, readonly ProblemCode[]>>;

const COMMON: ProblemCodes = { 500: ['INTERNAL_ERROR'], 503: ['DATABASE_UNAVAILABLE', 'DATABASE_BUSY', 'OVERLOADED'] };
const AUTHENTICATED: ProblemCodes = {
  400: ['TENANT_REQUIRED'],
  401: ['UNAUTHENTICATED'],
  403: ['PERMISSION_DENIED', 'TENANT_SUSPENDED', 'NETWORK_NOT_ALLOWED', 'PARTNER_NOT_APPROVED'],
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

/** Texts of an operation in the OpenAPI document. `summary` is an imperative sentence; limits and side effects go into `description`. */
export interface OperationText {
  readonly operationId: string;
  readonly summary: string;
  readonly description?: string;
}

/** Describes a route that reads. */
export const DescribeRead = (text: OperationText, codes: ProblemCodes = {}) =>
  describe(text, [AUTHENTICATED, READ, codes]);

/** Describes a route that returns pages. */
export const DescribeList = (text: OperationText, codes: ProblemCodes = {}) =>
  describe(text, [AUTHENTICATED, READ, { 400: ['CURSOR_MISMATCH'] }, codes]);

/** Describes a route that reads and takes its query in a body. */
export const DescribeQuery = (text: OperationText, codes: ProblemCodes = {}) =>
  describe(text, [AUTHENTICATED, READ, BODY, codes]);

/** Describes a route that creates a resource and accepts Idempotency-Key: see WriteOptions. */
export const DescribeWrite = (text: OperationText, codes: ProblemCodes = {}) =>
  applyDecorators(describe(text, [AUTHENTICATED, WRITE, codes]), IdempotencyHeaders());

const BATCH = 'One JSON object per line, at most 10,000 lines. Returns one result per line, in the same order.';

/** Describes a route that takes NDJSON. The problem of a line is in the result of that line. */
export const DescribeBatch = (text: OperationText) =>
  applyDecorators(
    describe({ description: BATCH, ...text }, [
      AUTHENTICATED,
      { 400: ['VALIDATION_FAILED', 'MALFORMED_REQUEST'], 415: ['UNSUPPORTED_MEDIA_TYPE'] },
    ]),
    IdempotencyHeaders(),
  );

/** Describes a route that changes a resource and accepts Idempotency-Key and If-Match: see ChangeOptions. */
export const DescribeChange = (text: OperationText, codes: ProblemCodes = {}) =>
  applyDecorators(describe(text, [AUTHENTICATED, WRITE, CHANGE, codes]), IdempotencyHeaders(), IfMatchHeader());

const IdempotencyHeaders = () =>
  applyDecorators(
    ApiHeader({
      name: 'Idempotency-Key',
      required: false,
      description: "Caller's key. A repeated request returns the first response with `Idempotency-Replayed: true`.",
      schema: { type: 'string', pattern: IDEMPOTENCY_KEY.source, maxLength: 257 },
    }),
    ApiHeader({
      name: 'Idempotency-Remember-Days',
      required: false,
      description: 'Days for which the response is kept for the key.',
      schema: { type: 'integer', minimum: 1, maximum: MAX_REMEMBER_DAYS, default: 1 },
    }),
  );

const IfMatchHeader = () =>
  ApiHeader({
    name: 'If-Match',
    required: false,
    description: 'ETag of the expected version; otherwise 412.',
    schema: { type: 'string' },
  });

/** Describes a route without authentication. */
export const DescribePublic = (text: OperationText, codes: ProblemCodes = {}) => describe(text, [codes]);

function describe(text: OperationText, sources: readonly ProblemCodes[]) {
  const all = [COMMON, ...sources];
  const statuses = [...new Set(all.flatMap((codes) => Object.keys(codes)))].map(Number).sort((a, b) => a - b);
  const codesOf = (status: number) => [...new Set(all.flatMap((codes) => codes[status] ?? []))];
  return applyDecorators(
    ApiOperation({ ...text }),
    ApiExtension(PROBLEM_CODES, Object.fromEntries(statuses.map((status) => [status, codesOf(status)]))),
    ...statuses.map((status) =>
      ApiResponse({
        status,
        description: codesOf(status).join(', '),
        content: {
          'application/problem+json': {
            schema: { $ref: '#/components/schemas/Problem' },
            // The document has one example for each code: see openapi.ts.
            examples: Object.fromEntries(
              codesOf(status).map((code) => [code, { $ref: `#/components/examples/${code}` }]),
            ),
          },
        },
      }),
    ),
  );
}

/** Configuration of the response headers of a route. */
export interface ResourceConfig {
  readonly location: { readonly collection: string; readonly idField: string };
  readonly cacheForS: number;
}

/** Lets shared caches store a successful response for this many seconds; never a problem. Only for public data. */
export const CacheFor = (cacheForS: number) => RouteConfig({ cacheForS } satisfies Partial<ResourceConfig>);

/** Sets `Location: {collection}/{id}` with the id from this field of the result. */
export const CreatedAt = (collection: string, idField: string) =>
  RouteConfig({ location: { collection, idField } } satisfies Partial<ResourceConfig>);
