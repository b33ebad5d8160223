import { BadRequestException } from '@nestjs/common';
import { parse } from 'secure-json-parse';

const COLON = 0x3a;
const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const MINUS = 0x2d;
const DIGIT_0 = 0x30;
const DIGIT_9 = 0x39;
const NUMBER = /[-+.\deE]+/y;
const MAX_SHOWN_DIGITS = 40;

/** The body is not JSON, or ambiguous: parsers differ in which of two duplicate members counts. */
export class MalformedJsonError extends BadRequestException {
  constructor(fault: string, cause?: unknown) {
    super(`The request cannot be read: ${fault}.`, { cause, errorCode: 'MALFORMED_REQUEST' });
  }
}

/** Parses JSON. Throws MalformedJsonError, also for `__proto__`, duplicate members and fractions that JavaScript would round. */
export function parseJson(text: string): unknown {
  let value: unknown;
  try {
    value = parse(text);
  } catch (cause) {
    throw new MalformedJsonError('it must be well-formed JSON', cause);
  }
  const { members, roundedNumber } = scan(text);
  if (members !== countMembers(value)) throw new MalformedJsonError('an object has a duplicate member');
  if (roundedNumber !== undefined)
    throw new MalformedJsonError(`the number ${roundedNumber} would be rounded; send it as text`);
  return value;
}

interface Scan {
  /** Number of members in the text. The parser keeps one of two duplicates, so a larger number than in the value shows them. */
  readonly members: number;
  /** First fraction that JavaScript would round. */
  readonly roundedNumber: string | undefined;
}

/** Scans well-formed JSON once. Each colon outside a string belongs to one member. */
function scan(text: string): Scan {
  let members = 0;
  let roundedNumber: string | undefined;
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code === QUOTE) at = endOfString(text, at);
    else if (code === COLON) members++;
    else if (code === MINUS || (code >= DIGIT_0 && code <= DIGIT_9)) {
      const end = endOfNumber(text, at);
      const number = text.slice(at, end);
      if (roundedNumber === undefined && isRounded(number)) roundedNumber = number.slice(0, MAX_SHOWN_DIGITS);
      at = end - 1;
    }
  }
  return { members, roundedNumber };
}

function endOfNumber(text: string, at: number): number {
  NUMBER.lastIndex = at;
  NUMBER.test(text);
  return NUMBER.lastIndex;
}

/** Returns true for a fraction or exponent that JavaScript would round. `jsonFault` reports integers beyond 2^53 with their place. */
function isRounded(number: string): boolean {
  if (!/[.eE]/.test(number)) return false;
  const value = Number(number);
  if (!Number.isFinite(value) || (Number.isInteger(value) && !Number.isSafeInteger(value))) return false;
  return digitsOf(number) !== digitsOf(String(value));
}

/** Normalizes a decimal number to its significant digits and their power of ten. */
function digitsOf(number: string): string {
  const [, integer = '', fraction = '', exponent = '0'] = /^-?(\d+)(?:\.(\d+))?(?:[eE]([-+]?\d+))?$/.exec(number) ?? [];
  const digits = (integer + fraction).replace(/^0+/, '');
  const significant = digits.replace(/0+$/, '');
  if (significant === '') return '0';
  return `${significant}e${Number(exponent) - fraction.length + digits.length - significant.length}`;
}

/** Returns the index of the closing quotation mark, which is the first one after an even number of backslashes. */
function endOfString(text: string, at: number): number {
  for (let end = text.indexOf('"', at + 1); end >= 0; end = text.indexOf('"', end + 1)) {
    let before = end - 1;
    while (text.charCodeAt(before) === BACKSLASH) before--;
    if ((end - before) % 2 === 1) return end;
  }
  return text.length;
}

/** Counts members without recursion, because a body may be nested as deeply as it is long. */
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
