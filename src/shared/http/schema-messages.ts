import { z } from 'zod';

type Issue = z.core.$ZodRawIssue;
/** Members of an issue by name, because its type is an open union. */
type Fields = Readonly<Record<string, unknown>>;

const REQUIRED = 'is required';
const TYPES: Readonly<Record<string, string>> = {
  string: 'a string',
  number: 'a number',
  int: 'an integer',
  boolean: 'true or false',
  array: 'an array',
  object: 'an object',
  record: 'an object',
  null: 'null',
};
const FORMATS: Readonly<Record<string, string>> = {
  uuid: 'a UUID',
  guid: 'a UUID',
  datetime: 'an ISO 8601 time with a time zone, such as 2027-06-26T00:00:00Z',
  date: 'an ISO 8601 date, such as 2027-06-26',
  email: 'an e-mail address',
  url: 'a URL',
  ipv4: 'an IPv4 address',
  ipv6: 'an IPv6 address',
  cidrv4: 'an IPv4 address range such as 203.0.113.0/24',
  cidrv6: 'an IPv6 address range such as 2001:db8::/32',
};
/** Text for issues without a text of their own. */
const UNKNOWN = 'must have the documented form';

/** Replaces the default texts of zod, so that none of them reaches a caller. */
z.config({ customError: messageOf });

/** Sets the text of a schema rule; a missing value is reported as required instead. */
export function rule(text: string): { readonly error: (issue: Issue) => string } {
  return { error: ({ input }) => (input === undefined ? REQUIRED : text) };
}

/** Returns a schema for an integer whose errors name both bounds. */
export function integer(min: number, max: number): z.ZodInt {
  return z
    .int(rule(`must be an integer from ${min} to ${max}`))
    .min(min)
    .max(max);
}

function messageOf(issue: Issue): string {
  if (issue.input === undefined && issue.code !== 'custom') return REQUIRED;
  const fields = issue as Fields;
  switch (issue.code) {
    case 'invalid_type':
      return mustBe(TYPES[String(fields.expected)]);
    case 'invalid_value':
      return oneOf(fields.values as readonly unknown[]);
    case 'invalid_format':
      return mustBe(FORMATS[String(fields.format)]);
    case 'too_small':
      return tooSmall(fields);
    case 'too_big':
      return tooBig(fields);
    case 'not_multiple_of':
      return `must be a multiple of ${String(fields.divisor)}`;
    case 'unrecognized_keys':
      return 'unknown field';
    case 'invalid_union':
      // A member decides between the alternatives; the issue is about that member.
      if (Array.isArray(fields.options)) return oneOf(fields.options);
      return anyOf(fields.errors as readonly (readonly z.core.$ZodIssue[])[]);
    default:
      return UNKNOWN;
  }
}

function mustBe(what: string | undefined): string {
  return what === undefined ? UNKNOWN : `must be ${what}`;
}

function oneOf(values: readonly unknown[]): string {
  const [first, ...more] = values.map(String);
  return more.length === 0 ? `must be ${first}` : `must be one of ${[first, ...more].join(', ')}`;
}

function tooSmall({ origin, minimum, inclusive, exact }: Fields): string {
  const least = Number(minimum);
  const bound = exact === true ? 'exactly' : 'at least';
  if (origin !== 'string' && origin !== 'array')
    return `must be ${inclusive === false ? 'greater than' : bound} ${least}`;
  if (least === 1 && exact !== true) return 'must not be empty';
  return lengthOf(origin, bound, least);
}

function tooBig({ origin, maximum, inclusive, exact }: Fields): string {
  const most = Number(maximum);
  const bound = exact === true ? 'exactly' : 'at most';
  if (origin !== 'string' && origin !== 'array') return `must be ${inclusive === false ? 'less than' : bound} ${most}`;
  return lengthOf(origin, bound, most);
}

function lengthOf(origin: 'string' | 'array', bound: string, size: number): string {
  const unit = origin === 'string' ? 'character' : 'item';
  return `must ${origin === 'string' ? 'be' : 'have'} ${bound} ${size} ${unit}${size === 1 ? '' : 's'}`;
}

/** Joins the distinct requirements of all alternatives on the value itself. */
function anyOf(alternatives: readonly (readonly z.core.$ZodIssue[])[]): string {
  const texts = alternatives.flatMap((issues) => issues.filter(({ path }) => path.length === 0).slice(0, 1));
  const [first, ...more] = [...new Set(texts.map(({ message }) => message))];
  if (first === undefined) return UNKNOWN;
  return [first, ...more.map((text) => text.replace(/^must be /, ''))].join(' or ');
}
