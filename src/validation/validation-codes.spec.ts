import { readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import { FAILURE_CODES, byPrecedence, nextAfter, SUCCESS_CODES, type FailureCode } from './validation-codes.js';

describe('the codes of validate', () => {
  it('are documented, each with what to do, in the order of precedence', () => {
    const document = readFileSync('docs/validation-codes.md', 'utf8');
    const rows = [...document.matchAll(/^\| `([A-Z_]+)` +\|([^|]*)\| `(\w+)` +\|([^|]*)\|$/gm)];
    const documented = rows.map(([, code]) => code);
    expect(documented.slice(SUCCESS_CODES.length)).toEqual(FAILURE_CODES);
    expect(new Set(documented.slice(0, SUCCESS_CODES.length))).toEqual(new Set(SUCCESS_CODES));
    for (const [, code, , action] of rows)
      expect({ code, action }).toEqual({ code, action: nextAfter(code as FailureCode).action });
    for (const [, , when, , remedy] of rows.slice(SUCCESS_CODES.length)) {
      expect(when?.trim()).not.toBe('');
      expect(remedy?.trim()).not.toBe('');
    }
  });

  it('are sorted without losing one', () => {
    const reasons = (['USAGE_EXCEEDED', 'NOT_FOUND', 'EXPIRED', 'EXPIRED'] as const).map((code) => ({
      code,
      detail: '',
    }));
    expect(byPrecedence(reasons).map(({ code }) => code)).toEqual([
      'NOT_FOUND',
      'EXPIRED',
      'EXPIRED',
      'USAGE_EXCEEDED',
    ]);
  });
});
