import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { isProblemCode, NEXT_ACTIONS, nextStep, PROBLEM_ACTIONS } from './next-action.js';
import { problem } from './problem.js';

const NOW = new Date('2026-11-29T12:00:00.000Z');
const LATER = new Date('2026-11-30T00:00:00.000Z');

/** Codes as they stand in the source of errors and of problems without an error. */
const CODE =
  /errorCode: '([A-Z_]+)'|problem\(\d+, '([A-Z_]+)'|status: \d+,\s+code: '([A-Z_]+)'|\d{3}: \[\s*'([A-Z_]+)'/g;

const sources = readdirSync('src', { recursive: true, encoding: 'utf8' })
  .filter((name) => name.endsWith('.ts') && !name.endsWith('.spec.ts'))
  .map((name) => readFileSync(join('src', name), 'utf8'));

/** The code spans that begin the rows of a section, each with the last code span of its row. */
function rowsOf(document: string, heading: string): [string, string][] {
  const section = document.split(`\n## ${heading}\n`)[1]?.split('\n## ')[0] ?? '';
  return [...section.matchAll(/^\| `(\w+)`.*\|$/gm)].map(([row, first = '']) => [
    first,
    [...row.matchAll(/`(\w+)`/g)].at(-1)?.[1] ?? '',
  ]);
}

describe('the next step of a refusal', () => {
  it('is decided for every problem code of the source', () => {
    const codes = new Set(
      sources.flatMap((source) => [...source.matchAll(CODE)].map((found) => found.slice(1).join(''))),
    );
    expect(codes.size).toBeGreaterThan(60);
    expect([...codes].filter((code) => !isProblemCode(code))).toEqual([]);
  });

  it('is documented for every action and every problem code', () => {
    const document = readFileSync('docs/next-actions.md', 'utf8');
    expect(rowsOf(document, 'Actions').map(([action]) => action)).toEqual(NEXT_ACTIONS);
    expect(Object.fromEntries(rowsOf(document, 'Problem codes'))).toEqual(PROBLEM_ACTIONS);
  });

  it('has the time and the number that its error knows', () => {
    expect(nextStep('retry')).toEqual({ action: 'retry' });
    expect(nextStep('retry', { retryAfterS: 30 }, NOW)).toEqual({ action: 'retry', after: '2026-11-29T12:00:30.000Z' });
    expect(nextStep('retry', { retryAfterS: 30 })).toEqual({ action: 'retry' });
    expect(nextStep('retry', { retryAt: LATER, retryAfterS: 30 }, NOW).after).toBe(LATER.toISOString());
    expect(nextStep('deactivate_device', { deactivateCount: 2, heldUntil: LATER })).toEqual({
      action: 'deactivate_device',
      after: LATER.toISOString(),
      count: 2,
    });
    expect(nextStep('deactivate_device', { deactivateCount: 0, heldUntil: LATER }).action).toBe('retry');
    expect(nextStep('contact_vendor', { nextAction: 'renew' })).toEqual({ action: 'renew' });
  });

  it('is none for the code of another module', () => {
    expect(problem(409, 'SOMETHING_ELSE', '', 'r').next).toEqual({ action: 'none' });
    expect(problem(409, 'constructor', '', 'r').next).toEqual({ action: 'none' });
  });
});
