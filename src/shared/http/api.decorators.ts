import { applyDecorators, SetMetadata } from '@nestjs/common';
import { ApiExtension, ApiOperation, ApiResponse } from '@nestjs/swagger';
import { problem } from './problem.js';

/** Problem codes a route can answer with, by status. */
export type ProblemCodes = Readonly<Record<number, readonly string[]>>;

const COMMON: ProblemCodes = { 500: ['INTERNAL_ERROR'], 503: ['DATABASE_UNAVAILABLE', 'DATABASE_BUSY'] };
const AUTHENTICATED: ProblemCodes = { 401: ['UNAUTHENTICATED'], 403: ['PERMISSION_DENIED', 'TENANT_SUSPENDED'] };
const READ: ProblemCodes = { 400: ['VALIDATION_FAILED'] };
const WRITE: ProblemCodes = {
  400: ['VALIDATION_FAILED', 'MALFORMED_REQUEST'],
  413: ['BODY_TOO_LARGE'],
  415: ['UNSUPPORTED_MEDIA_TYPE'],
  503: ['OUTCOME_UNKNOWN'],
};

/** Summary and possible problems of a route that reads. */
export const DescribeRead = (summary: string, codes: ProblemCodes = {}) =>
  describe(summary, [AUTHENTICATED, READ, codes]);

/** The same of a route that takes a body or changes something. */
export const DescribeWrite = (summary: string, codes: ProblemCodes = {}) =>
  describe(summary, [AUTHENTICATED, WRITE, codes]);

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

function exampleOf(status: number, code: string) {
  return problem(status, code, 'A sentence for people.', '019a5f3e-7c4b-7d21-9a53-0e6f1c2b3d4e');
}

export const LOCATION = 'imprimatur:location';

/** Answers with `Location: {collection}/{id}`, the id taken from this field of the result. */
export const CreatedAt = (collection: string, idField: string) => SetMetadata(LOCATION, { collection, idField });
