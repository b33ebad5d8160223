import { STATUS_CODES } from 'node:http';
import type { FastifyReply } from 'fastify';
import { z } from 'zod';
import { TOKEN_FAULTS } from '../access/access.errors.js';
import { isProblemCode, NextStep, nextStep, PROBLEM_ACTIONS, type NextFacts, type ProblemCode } from './next-action.js';
import type { RefusedRequest } from './refusals.js';
import type { JsonObject } from '../json.js';
import { FieldProblem } from '../errors.js';
import { UtcTime } from './schema.js';

const ReplaceableDevice = z
  .object({
    activation_id: z.uuid(),
    name: z
      .string()
      .nullable()
      .meta({ description: 'First letters of the name of the device.', examples: ['Fr… de…'] }),
    last_seen_at: UtcTime,
  })
  .meta({ id: 'ReplaceableDevice' });

/** Problem details of RFC 9457. `code` is stable for programs, `detail` is for people. Some codes have further members. */
export const Problem = z
  .looseObject({
    type: z.string().meta({ description: '`urn:imprimatur:problem:` and the code.' }),
    title: z.string().meta({ description: 'Text of the HTTP status.' }),
    status: z.int(),
    detail: z.string().meta({ description: 'What failed, why, and what to do.' }),
    instance: z.string().meta({ description: '`urn:request:` and the X-Request-Id.' }),
    // The type is string, because an embedding application may have codes of its own.
    code: z.string().meta({ id: 'ProblemCode', enum: Object.keys(PROBLEM_ACTIONS) }),
    next: NextStep,
    errors: z
      .array(FieldProblem)
      .optional()
      .meta({ description: 'Faults of the request. Only with VALIDATION_FAILED.' }),
    devices: z.array(ReplaceableDevice).optional().meta({
      description:
        'Devices that this one may replace. Only with ACTIVATION_LIMIT_REACHED, where the template allows self_service_replacement.',
    }),
    replacement_token: z
      .string()
      .optional()
      .meta({ description: 'Token for `replaceDevice`, for one use until `replacement_expires_at`.' }),
    replacement_expires_at: UtcTime.optional(),
    reason: z
      .enum(TOKEN_FAULTS)
      .meta({ id: 'TokenFault' })
      .optional()
      .meta({ description: 'Why the access token is refused. Only with UNAUTHENTICATED.' }),
  })
  .meta({ id: 'Problem', description: 'Problem details (RFC 9457). Some codes have further members.' });

export type Problem = z.infer<typeof Problem>;

/** Members of a problem besides its code and detail. */
export interface ProblemFacts {
  readonly errors?: readonly FieldProblem[] | undefined;
  /** Members that only this code has. */
  readonly extension?: JsonObject | undefined;
  readonly next?: NextFacts | undefined;
  readonly now?: Date | undefined;
}

/** Creates a problem. Codes of an embedding application get the action `none`. */
export function problem(
  status: number,
  code: ProblemCode | (string & {}),
  detail: string,
  requestId: string,
  { errors, extension, next, now }: ProblemFacts = {},
): Problem {
  return {
    type: `urn:imprimatur:problem:${code}`,
    title: STATUS_CODES[status] ?? 'Error',
    status,
    detail,
    instance: `urn:request:${requestId}`,
    code,
    next: nextStep(isProblemCode(code) ? PROBLEM_ACTIONS[code] : 'none', next, now),
    ...(errors && { errors: [...errors] }),
    ...extension,
  };
}

/** Sends a problem as the response. `retryAfterS` sets Retry-After, in seconds. */
export function sendProblem(reply: FastifyReply, answer: Problem, retryAfterS?: number): void {
  (reply.request as RefusedRequest).problemCode = answer.code;
  if (retryAfterS !== undefined) void reply.header('Retry-After', String(retryAfterS));
  void reply
    .status(answer.status)
    .header('content-type', 'application/problem+json; charset=utf-8')
    .serializer(JSON.stringify)
    .send(answer);
}
