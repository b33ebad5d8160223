import { readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import { BODIES } from '../definitions/bodies.js';
import type { StepName } from '../definitions/contract.js';
import { DEFINITIONS } from '../definitions/definitions.js';
import { CANCEL, RETRY } from '../definitions/run-body.js';
import { BUS_STEPS } from './bus-steps.js';

describe('the definitions of workflows', () => {
  it('are those of the bodies', () => {
    expect(DEFINITIONS.map(({ name }) => name).sort()).toEqual(Object.keys(BODIES).sort());
  });

  it.each(DEFINITIONS)('$name requires the permissions of its steps, and no others', ({ name, requires }) => {
    const source = readFileSync(`src/workflows/definitions/${name}.ts`, 'utf8');
    const steps = [...source.matchAll(/w\.steps\.(\w+)\(/g)].map(([, step]) => BUS_STEPS[step as StepName]);
    expect(steps.length).toBeGreaterThan(1);
    expect([...new Set(steps.flatMap(({ permissions }) => permissions))].sort()).toEqual([...requires].sort());
  });

  it('use no message of the runner as a signal', () => {
    const signals = DEFINITIONS.flatMap(({ signals: ofOne }) => Object.keys(ofOne));
    expect(signals.filter((name) => name === CANCEL || name === RETRY)).toEqual([]);
  });
});
