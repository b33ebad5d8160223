import { describe, expect, it } from '@jest/globals';
import { stillPresent, withoutInherited } from './inherited-metadata.js';

describe('metadata of a license that changed hands', () => {
  it('loses what it had before, and keeps what was set since', () => {
    const before = { contact: 'Alma', order: { number: 1, by: 'Alma' }, tags: ['a'] };
    const now = { contact: 'Bert', order: { number: 1, by: 'Bert' }, tags: ['a'], new: true };
    expect(withoutInherited(now, before)).toEqual({ contact: 'Bert', order: { by: 'Bert' }, new: true });
    expect(withoutInherited(before, before)).toEqual({});
    expect(withoutInherited({ order: { number: 1 } }, before)).toEqual({});
    expect(withoutInherited(now, {})).toEqual(now);
  });

  it('is told in an earlier result as far as the license still has it', () => {
    expect(stillPresent({ a: 1, b: 2, c: { d: 1 } }, { a: 1, b: 3, c: { d: 1 } })).toEqual({ a: 1, c: { d: 1 } });
  });
});
