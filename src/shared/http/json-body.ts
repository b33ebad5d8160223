import { BadRequestException } from '@nestjs/common';
import { parse } from 'secure-json-parse';

const COLON = 0x3a;
const QUOTE = 0x22;
const BACKSLASH = 0x5c;

/** No JSON; or a member twice in one object: readers differ in which one counts, so what was meant is not certain. */
export class MalformedJsonError extends BadRequestException {
  constructor(fault: string, cause?: unknown) {
    super(`The request cannot be read: ${fault}.`, { cause, errorCode: 'MALFORMED_REQUEST' });
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

/** Of two members with one name the parser kept one, so the text, which is well-formed, names more than the value has. */
export function hasDuplicateMembers(text: string, value: unknown): boolean {
  return countNames(text) !== countMembers(value);
}

/** Each colon outside a string ends the name of a member. */
function countNames(text: string): number {
  let names = 0;
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code === COLON) names++;
    else if (code === QUOTE) at = endOfString(text, at);
  }
  return names;
}

/** Where the string that begins at `at` has its closing quotation mark: the first with an even number of backslashes before it. */
function endOfString(text: string, at: number): number {
  for (let end = text.indexOf('"', at + 1); end >= 0; end = text.indexOf('"', end + 1)) {
    let before = end - 1;
    while (text.charCodeAt(before) === BACKSLASH) before--;
    if ((end - before) % 2 === 1) return end;
  }
  return text.length;
}

/** Without recursion and without a list for each object: a body may be nested as deeply as it is long. */
function countMembers(value: unknown): number {
  let members = 0;
  const waiting: object[] = [];
  const visit = (inner: unknown) => {
    if (typeof inner === 'object' && inner !== null) waiting.push(inner);
  };
  visit(value);
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    if (Array.isArray(next)) {
      for (const item of next) visit(item);
      continue;
    }
    for (const name in next) {
      members++;
      visit((next as Record<string, unknown>)[name]);
    }
  }
  return members;
}
