import { createParamDecorator, type ExecutionContext } from '@nestjs/common';
import type { FastifyReply } from 'fastify';
import type { CommandOptions } from '../messaging/tenant-command.js';
import type { AuthenticatedRequest } from '../access/access.decorators.js';
import { InvalidParameterError, PreconditionRequiredError } from '../errors.js';

/** Printable ASCII without quotes and backslashes, bare or, as the IETF's draft has it, as a quoted string. */
export const IDEMPOTENCY_KEY = /^(?:"([\x20\x21\x23-\x5b\x5d-\x7e]{1,255})"|([\x21\x23-\x5b\x5d-\x7e]{1,255}))$/;
const ENTITY_TAG = /^"(\d{1,10})"$/;

/** The options of a command that makes something: its Idempotency-Key. */
export const WriteOptions = createParamDecorator((_: unknown, context: ExecutionContext): CommandOptions => {
  return idempotencyOf(context);
});

/** The options of a command that changes what is there: its Idempotency-Key and its If-Match. */
export const ChangeOptions = createParamDecorator((_: unknown, context: ExecutionContext): CommandOptions => {
  const { headers, tenant } = context.switchToHttp().getRequest<AuthenticatedRequest>();
  const given = headers['if-match'];
  if (given === undefined && tenant?.requireIfMatch) throw new PreconditionRequiredError();
  return { ...idempotencyOf(context), ifMatch: given === undefined ? undefined : versionsIn(given) };
});

/** Those of a batch of changes: its Idempotency-Key, and whether each line has to name a version. */
export const BatchChangeOptions = createParamDecorator((_: unknown, context: ExecutionContext) => {
  const { tenant } = context.switchToHttp().getRequest<AuthenticatedRequest>();
  return { ...idempotencyOf(context), versionRequired: tenant?.requireIfMatch };
});

function idempotencyOf(context: ExecutionContext): CommandOptions {
  const http = context.switchToHttp();
  const given = http.getRequest<AuthenticatedRequest>().headers['idempotency-key'];
  if (given === undefined) return {};
  const [, quoted, bare] = (typeof given === 'string' ? IDEMPOTENCY_KEY.exec(given) : null) ?? [];
  const idempotencyKey = quoted ?? bare;
  if (idempotencyKey === undefined) {
    throw new InvalidParameterError('Idempotency-Key', 'must be 1 to 255 printable ASCII characters, quoted or bare');
  }
  const reply = http.getResponse<FastifyReply>();
  return { idempotencyKey, onReplay: () => void reply.header('Idempotency-Replayed', 'true') };
}

/** The versions that strong entity tags name; a tag that is none of ours matches nothing. `*` matches what exists. */
function versionsIn(ifMatch: string): number[] | undefined {
  if (ifMatch.trim() === '*') return undefined;
  return ifMatch
    .split(',')
    .map((tag) => ENTITY_TAG.exec(tag.trim())?.[1])
    .filter((version) => version !== undefined)
    .map(Number);
}
