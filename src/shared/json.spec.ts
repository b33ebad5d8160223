import { describe, expect, it } from '@jest/globals';
import { isCleanText, jsonFault, mergePatch } from './json.js';

describe('mergePatch', () => {
  // The test cases of RFC 7396, appendix A, as far as both sides are objects.
  it.each([
    [{ a: 'b' }, { a: 'c' }, { a: 'c' }],
    [{ a: 'b' }, { b: 'c' }, { a: 'b', b: 'c' }],
    [{ a: 'b' }, { a: null }, {}],
    [{ a: 'b', b: 'c' }, { a: null }, { b: 'c' }],
    [{ a: ['b'] }, { a: 'c' }, { a: 'c' }],
    [{ a: 'c' }, { a: ['b'] }, { a: ['b'] }],
    [{ a: { b: 'c' } }, { a: { b: 'd', c: null } }, { a: { b: 'd' } }],
    [{ a: [{ b: 'c' }] }, { a: [1] }, { a: [1] }],
    [{ e: null }, { a: 1 }, { e: null, a: 1 }],
    [{}, { a: { bb: { ccc: null } } }, { a: { bb: {} } }],
  ])('%j patched with %j is %j', (target, patch, expected) => {
    expect(mergePatch(target, patch)).toEqual(expected);
  });
});

describe('jsonFault', () => {
  it('counts levels and accepts exactly the limit', () => {
    expect(jsonFault({ a: { b: 1 } }, 2)).toBeUndefined();
    expect(jsonFault({ a: { b: { c: 1 } } }, 2)).toBe('must not be nested too deeply');
  });

  it('does not follow a hundred thousand levels', () => {
    let deep: unknown = 1;
    for (let i = 0; i < 100_000; i++) deep = [deep];
    expect(jsonFault(deep, 8)).toBe('must not be nested too deeply');
  });

  it.each([[{ 'a\0': 1 }], [{ a: ['\0'] }], [{ a: '\ud800' }], [{ '\udfff': 1 }], [{ a: Infinity }]])(
    'finds fault with %j',
    (value) => {
      expect(jsonFault(value, 8)).toBeDefined();
    },
  );

  it('takes whole surrogate pairs for text', () => {
    expect(isCleanText('licence 📜')).toBe(true);
  });
});
