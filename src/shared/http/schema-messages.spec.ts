import { describe, expect, it } from '@jest/globals';
import { z } from 'zod';
import { Email } from './email.js';
import { Limit } from './paging.js';
import { ValidationError } from '../errors.js';
import { FlagParameter, IdParameter, ResourceId, text, Timestamp, UuidParameter } from './schema.js';
import { integer } from './schema-messages.js';
import { validated } from './validation.pipe.js';
import { FreeFormInput } from '../free-form.js';

const ZOD = /invalid|expected|received|too (small|big)|unrecognized|input|undefined|NaN/i;

const A_TIME = 'must be an ISO 8601 time with a time zone, such as 2027-06-26T00:00:00Z';
const AN_ID =
  'must be 1 to 64 characters, letters, digits and . _ : -, beginning with a letter or digit, or an integer';

function faultsOf(schema: z.ZodType, value: unknown) {
  try {
    validated(schema, value);
  } catch (error) {
    if (error instanceof ValidationError) return error.errors;
    throw error;
  }
  return [];
}

describe('the text of a field error', () => {
  it.each<[string, z.ZodType, unknown, string]>([
    ['no string', z.string(), 1, 'must be a string'],
    ['no number', z.number(), '1', 'must be a number'],
    ['a number that is none', z.number(), Number.NaN, 'must be a number'],
    ['no integer', z.int(), 1.5, 'must be an integer'],
    ['an integer beyond 2^53', z.int(), 2 ** 60, 'must be at most 9007199254740991'],
    ['no boolean', z.boolean(), 'yes', 'must be true or false'],
    ['no array', z.array(z.string()), {}, 'must be an array'],
    ['no object', z.strictObject({}), [], 'must be an object'],
    ['no record', z.record(z.string(), z.int()), null, 'must be an object'],
    ['null', z.string(), null, 'must be a string'],
    ['a value of no list', z.enum(['A', 'B']), 'C', 'must be one of A, B'],
    ['no flag', FlagParameter, '1', 'must be one of true, false'],
    ['another constant', z.literal('ok'), 'no', 'must be ok'],
    ['no UUID', UuidParameter, 'x', 'must be a UUID'],
    ['no time', Timestamp, '2026-02-30T00:00:00Z', A_TIME],
    ['a day', Timestamp, '2026-02-03', A_TIME],
    ['a time that is not text', Timestamp, 5, 'must be a string'],
    ['a time beyond the year 9999', Timestamp, '9999-12-31T23:59:59-00:01', 'must be in the years 0001 to 9999 in UTC'],
    ['a time before the year 1', Timestamp, '0000-12-31T23:59:59Z', 'must be in the years 0001 to 9999 in UTC'],
    ['no e-mail address', Email, 'x', 'must be an e-mail address'],
    ['no URL', z.url(), 'x', 'must be a URL'],
    ['no address', z.union([z.ipv4(), z.ipv6()]), 'x', 'must be an IPv4 address or an IPv6 address'],
    [
      'no kind of its union',
      z.discriminatedUnion('kind', [z.object({ kind: z.literal('A') }), z.object({ kind: z.literal('B') })]),
      { kind: 'C' },
      'must be one of A, B',
    ],
    ['a pattern without a text', z.string().regex(/a/), 'b', 'must have the documented form'],
    ['an empty string', text(5), '', 'must not be empty'],
    ['a long string', text(5), '123456', 'must be at most 5 characters'],
    ['a short string', z.string().min(3), '1', 'must be at least 3 characters'],
    ['a string of another length', z.string().length(3), '1', 'must be exactly 3 characters'],
    ['an empty array', z.array(z.string()).min(1), [], 'must not be empty'],
    ['a long array', z.array(z.string()).max(1), ['a', 'b'], 'must have at most 1 item'],
    ['a small number', z.number().min(2), 1, 'must be at least 2'],
    ['a large number', z.number().max(2), 3, 'must be at most 2'],
    ['a number at an open bound', z.number().gt(2).lt(4), 2, 'must be greater than 2'],
    ['a number at the other open bound', z.number().gt(2).lt(4), 4, 'must be less than 4'],
    ['no multiple', z.number().multipleOf(5), 3, 'must be a multiple of 5'],
    ['an integer out of bounds', integer(1, 9), 10, 'must be an integer from 1 to 9'],
    ['a fraction out of bounds', integer(1, 9), 0.5, 'must be an integer from 1 to 9'],
    ['no integer with bounds', integer(1, 9), '3', 'must be an integer from 1 to 9'],
    ['a limit', Limit, '101', 'must be an integer from 1 to 100'],
    ['no id', ResourceId, 'a b', AN_ID],
    ['an id of another type', ResourceId, true, AN_ID],
    ['an id in a path', IdParameter, '/', AN_ID],
    ['no free form', FreeFormInput, 'x', 'must be an object'],
    ['a refinement without a text', z.string().refine(() => false), 'x', 'must have the documented form'],
  ])('of %s says what must be', (_, schema, value, detail) => {
    const faults = faultsOf(z.strictObject({ a: schema }), { a: value });
    expect(faults[0]).toEqual({ pointer: expect.stringMatching(/^\/a/) as unknown, detail });
    for (const fault of faults) expect(fault.detail).not.toMatch(ZOD);
  });

  it.each<[string, z.ZodType]>([
    ['a string', text(5)],
    ['an integer', integer(1, 5)],
    ['an enumeration', z.enum(['A', 'B'])],
    ['an id', ResourceId],
    ['a time', Timestamp],
    ['a UUID', UuidParameter],
    ['a union', z.union([z.ipv4(), z.ipv6()])],
    ['an object', z.strictObject({ b: z.string() })],
  ])('of %s that is not there says that it is required, and nothing else', (_, schema) => {
    expect(faultsOf(z.strictObject({ a: schema }), {})).toEqual([{ pointer: '/a', detail: 'is required' }]);
  });

  it('names each unknown field where it is', () => {
    const schema = z.strictObject({ a: z.strictObject({}) });
    expect(faultsOf(schema, { a: { 'x/y': 1 }, z: 2 })).toEqual([
      { pointer: '/a/x~1y', detail: 'unknown field' },
      { pointer: '/z', detail: 'unknown field' },
    ]);
  });

  it('tells what two checks of a value have in common once', () => {
    expect(faultsOf(z.strictObject({ a: integer(3, 5) }), { a: 0.5 })).toHaveLength(1);
  });
});
