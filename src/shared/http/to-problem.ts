import { HttpException, Logger } from '@nestjs/common';
import { databaseProblem } from '../../database/database.errors.js';
import type { NextFacts } from './next-action.js';
import { problem, type Problem, type ProblemFacts } from './problem.js';
import { ValidationError } from '../errors.js';
import { isExpected } from './refusals.js';
import type { JsonObject } from '../json.js';

/** Codes and details of errors that Nest and Fastify throw, which have only a status. */
const CODES: Readonly<Record<number, readonly [code: string, detail: string]>> = {
  400: ['MALFORMED_REQUEST', 'The request cannot be read: the body must be well-formed JSON.'],
  404: ['ROUTE_NOT_FOUND', 'There is no such route. The routes are listed in /openapi.json.'],
  413: ['BODY_TOO_LARGE', 'The body is larger than 1 MiB.'],
  415: [
    'UNSUPPORTED_MEDIA_TYPE',
    'Send the body as application/json, or as application/x-ndjson or text/csv where the route takes lines.',
  ],
  503: ['NOT_READY', 'The server is not ready.'],
};

interface ProblemContent extends Pick<ProblemFacts, 'errors' | 'extension'> {
  readonly status: number;
  readonly code: string;
  readonly detail: string;
}

/** Retry-After of status 503 if the error has none. */
const DEFAULT_RETRY_S = 1;

const INTERNAL: ProblemContent = {
  status: 500,
  code: 'INTERNAL_ERROR',
  detail: 'Internal error. Include the X-Request-Id when you report it.',
};

/** Codes that are logged where the condition begins, because probes and programs repeat these requests while it lasts. */
const REPORTED_ELSEWHERE = new Set(['NOT_READY', 'REVOCATION_LIST_NOT_READY']);

const logger = new Logger('Problem');

/** Turns an error into a problem. Unknown errors become INTERNAL_ERROR without details and are logged. `now` dates the next step. */
export function toProblem(thrown: unknown, requestId: string, now?: Date): Problem {
  const exception = databaseProblem(thrown);
  const { status, code, detail, errors, extension } = toProblemContent(exception);
  if (status >= 500 && !isExpected(code) && !REPORTED_ELSEWHERE.has(code)) log(exception, requestId, code);
  const next = { ...nextFacts(exception), retryAfterS: retryAfterOf(exception, status) };
  return problem(status, code, detail, requestId, { errors, extension, next, now });
}

/** Returns the seconds until a retry can succeed; undefined if waiting does not help. */
export function retryAfterOf(thrown: unknown, status: number): number | undefined {
  return nextFacts(thrown).retryAfterS ?? (status === 503 ? DEFAULT_RETRY_S : undefined);
}

/** Reads the facts from the members of an error. */
function nextFacts(thrown: unknown): NextFacts {
  if (!(thrown instanceof HttpException)) return {};
  const { nextAction, deactivateCount, heldUntil, retryAt, retryAfterS } = thrown as NextFacts;
  return { nextAction, deactivateCount, heldUntil, retryAt, retryAfterS };
}

function log(exception: unknown, requestId: string, code: string): void {
  const error = exception instanceof HttpException && exception.cause ? exception.cause : exception;
  logger.error({
    request_id: requestId,
    code,
    error: error instanceof Error ? `${error.name}: ${error.message}` : typeof error,
    stack: error instanceof Error ? error.stack?.split('\n').slice(1, 8).join('\n') : undefined,
  });
}

function toProblemContent(exception: unknown): ProblemContent {
  const status = statusOf(exception);
  if (status === undefined) return INTERNAL;
  if (exception instanceof ValidationError) {
    return { status, code: 'VALIDATION_FAILED', detail: exception.message, errors: exception.errors };
  }
  if (exception instanceof HttpException && exception.errorCode !== undefined) {
    const { extension } = exception as { extension?: JsonObject };
    return { status, code: exception.errorCode, detail: exception.message, extension };
  }
  const [code, detail] = CODES[status] ?? [];
  return code && detail ? { status, code, detail } : INTERNAL;
}

function statusOf(exception: unknown): number | undefined {
  if (exception instanceof HttpException) return exception.getStatus();
  const status = (exception as { statusCode?: unknown } | null)?.statusCode;
  return typeof status === 'number' && status >= 400 && status < 500 ? status : undefined;
}
