import { describe, expect, it } from '@jest/globals';
import { hasDuplicateMembers } from './json-body.js';

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
    expect(hasDuplicateMembers(text, JSON.parse(text))).toBe(found);
  });

  it('are looked for in a body of any depth and length', () => {
    const deep = `${'{"a":['.repeat(50_000)}${']}'.repeat(50_000)}`;
    expect(hasDuplicateMembers(deep, JSON.parse(deep))).toBe(false);
    const long = JSON.stringify({ text: '\\"'.repeat(100_000) });
    expect(hasDuplicateMembers(long, JSON.parse(long))).toBe(false);
  });
});
