import { BadRequestException } from '@nestjs/common';
import type { FastifyInstance } from 'fastify';
import { parse } from 'secure-json-parse';

/** Any string of well-formed JSON; the colon after it says that it is the name of a member. */
const STRING = /"(?:[^"\\]|\\.)*"\s*(:)?/g;

/** No JSON; or a member twice in one object: readers differ in which one counts, so what was meant is not certain. */
export class MalformedJsonError extends BadRequestException {
  constructor(fault: string, cause?: unknown) {
    super(`The request cannot be read: ${fault}.`, { cause, errorCode: 'MALFORMED_REQUEST' });
  }
}

/** Reads JSON bodies, those of a JSON Merge Patch (RFC 7396) too. */
export function parseJsonBodies(fastify: FastifyInstance): void {
  for (const type of ['application/json', 'application/merge-patch+json']) {
    if (fastify.hasContentTypeParser(type)) fastify.removeContentTypeParser(type);
    fastify.addContentTypeParser(type, { parseAs: 'string' }, (_request, body: string, done) => {
      try {
        done(null, parseJson(body));
      } catch (error) {
        done(error as Error, undefined);
      }
    });
  }
}

/** Refuses `__proto__` and duplicate members. Throws MalformedJsonError. */
export function parseJson(text: string): unknown {
  let value: unknown;
  try {
    value = parse(text);
  } catch (cause) {
    throw new MalformedJsonError('it must be well-formed JSON, without __proto__', cause);
  }
  if (hasDuplicateMembers(text, value)) throw new MalformedJsonError('a member stands twice in one object');
  return value;
}

/** Of two members with one name the parser kept one, so the text names more than the value has. */
export function hasDuplicateMembers(text: string, value: unknown): boolean {
  let named = 0;
  for (const [, colon] of text.matchAll(STRING)) if (colon) named++;
  return named !== countMembers(value);
}

/** Without recursion: a body may be nested as deeply as it is long. */
function countMembers(value: unknown): number {
  let members = 0;
  const waiting = [value];
  while (waiting.length > 0) {
    const next = waiting.pop();
    if (typeof next !== 'object' || next === null) continue;
    const inner: unknown[] = Object.values(next);
    if (!Array.isArray(next)) members += inner.length;
    for (const item of inner) waiting.push(item);
  }
  return members;
}
