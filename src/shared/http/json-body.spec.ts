import { describe, expect, it } from '@jest/globals';
import { parseJson } from './json-body.js';

const DUPLICATE = 'an object has a duplicate member';

describe('duplicate members', () => {
  it.each([
    ['{"a":1,"a":2}', true],
    ['{"a":{"b":1,"c":2,"b":3}}', true],
    ['[{"a":1},{"a":1}]', false],
    ['{"a":{"a":{"a":1}}}', false],
    ['{"a":"\\"a\\":1"}', false],
    ['{"a\\"":1,"a\\"" :2}', true],
    ['{"a":"b","b":"a:"}', false],
    ['{"\\u0061":1,"a":2}', true],
    ['{}', false],
    ['"a"', false],
    ['{"a" \n\t: [ "x" , "y" ]}', false],
  ])('of %s are found: %s', (text, found) => {
    if (found) expect(() => parseJson(text)).toThrow(DUPLICATE);
    else expect(parseJson(text)).toEqual(JSON.parse(text));
  });

  it('are looked for in a body of any depth and length', () => {
    const deep = `${'{"a":['.repeat(50_000)}${']}'.repeat(50_000)}`;
    expect(() => parseJson(deep)).not.toThrow();
    const long = JSON.stringify({ text: '\\"'.repeat(100_000) });
    expect(() => parseJson(long)).not.toThrow();
  });
});

describe('fractions', () => {
  it.each([
    '0.1',
    '-1.50',
    '1e2',
    '1.0e-7',
    '123456789.12345678',
    '0.0',
    '-0.0',
    '5e-324',
    '0e5',
    '1E+3',
    '9007199254740993',
    '1e400',
  ])('%s is accepted, since it comes back as it is or is told elsewhere', (number) => {
    expect(parseJson(`{"a":[${number},"0.1000000000000000055"],"1.0000000000000000001":1}`)).toBeDefined();
  });

  it.each(['123456789.123456789123', '0.1000000000000000055', '1e-400', '-2.5e-324', '1.0000000000000000001'])(
    '%s is refused, since it would be rounded',
    (number) => {
      expect(() => parseJson(`{"a":${number}}`)).toThrow(`the number ${number} would be rounded`);
    },
  );
});
