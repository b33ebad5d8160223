import { createParamDecorator, type ExecutionContext } from '@nestjs/common';
import type { FastifyReply } from 'fastify';
import type { CommandOptions } from '../messaging/tenant-command.js';
import type { AuthenticatedRequest } from '../access/access.decorators.js';
import { InvalidParameterError, PreconditionRequiredError } from '../errors.js';
import { isRememberDays, MAX_REMEMBER_DAYS } from '../persistence/idempotency-claim.js';

/** Matches printable ASCII without quotes and backslashes, bare or as the quoted string of the IETF draft. */
export const IDEMPOTENCY_KEY = /^(?:"([\x20\x21\x23-\x5b\x5d-\x7e]{1,255})"|([\x21\x23-\x5b\x5d-\x7e]{1,255}))$/;
/** Matches weak tags, too: a proxy that compresses the response makes `W/"3"` of `"3"`, and the number names the version all the same. */
const ENTITY_TAG = /^(?:W\/)?"(\d{1,10})"$/;

/** Options of a command that creates a resource: Idempotency-Key and Idempotency-Remember-Days. */
export const WriteOptions = createParamDecorator((_: unknown, context: ExecutionContext): CommandOptions => {
  return idempotencyOf(context);
});

/** Options of a command that changes a resource: those of WriteOptions, and If-Match. */
export const ChangeOptions = createParamDecorator((_: unknown, context: ExecutionContext): CommandOptions => {
  const { headers, tenant } = context.switchToHttp().getRequest<AuthenticatedRequest>();
  const ifMatch = headers['if-match'];
  if (ifMatch === undefined && tenant?.requireIfMatch) throw new PreconditionRequiredError();
  return { ...idempotencyOf(context), ifMatch: ifMatch === undefined ? undefined : versionsIn(ifMatch) };
});

/** Options of a batch of changes: those of WriteOptions, and whether each line must contain a version. */
export const BatchChangeOptions = createParamDecorator((_: unknown, context: ExecutionContext) => {
  const { tenant } = context.switchToHttp().getRequest<AuthenticatedRequest>();
  return { ...idempotencyOf(context), versionRequired: tenant?.requireIfMatch };
});

function idempotencyOf(context: ExecutionContext): CommandOptions {
  const http = context.switchToHttp();
  const { headers } = http.getRequest<AuthenticatedRequest>();
  const rememberDays = rememberDaysOf(headers['idempotency-remember-days']);
  const header = headers['idempotency-key'];
  if (header === undefined) return { rememberDays };
  const [, quoted, bare] = (typeof header === 'string' ? IDEMPOTENCY_KEY.exec(header) : null) ?? [];
  const idempotencyKey = quoted ?? bare;
  if (idempotencyKey === undefined) {
    throw new InvalidParameterError('Idempotency-Key', 'must be 1 to 255 printable ASCII characters, quoted or bare');
  }
  const reply = http.getResponse<FastifyReply>();
  return { idempotencyKey, rememberDays, onReplay: () => void reply.header('Idempotency-Replayed', 'true') };
}

/** A batch may have the header without Idempotency-Key, because its lines may have idempotency keys of their own. */
function rememberDaysOf(header: string | string[] | undefined): number | undefined {
  if (header === undefined) return undefined;
  const days = typeof header === 'string' && /^\d{1,2}$/.test(header) ? Number(header) : NaN;
  if (isRememberDays(days)) return days;
  throw new InvalidParameterError('Idempotency-Remember-Days', `must be an integer from 1 to ${MAX_REMEMBER_DAYS}`);
}

/** Returns the versions in entity tags; other tags match nothing. `*` matches any version and returns undefined. */
function versionsIn(ifMatch: string): number[] | undefined {
  if (ifMatch.trim() === '*') return undefined;
  return ifMatch
    .split(',')
    .map((tag) => ENTITY_TAG.exec(tag.trim())?.[1])
    .filter((version) => version !== undefined)
    .map(Number);
}
