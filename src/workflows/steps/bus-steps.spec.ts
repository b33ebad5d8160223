import { readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import { BODIES } from '../definitions/bodies.js';
import type { StepName } from '../definitions/contract.js';
import { permissionsOf } from '../definitions/definition.js';
import { DEFINITIONS } from '../definitions/definitions.js';
import { CANCEL, RETRY } from '../definitions/run-body.js';
import { BUS_STEPS } from './bus-steps.js';

describe('the definitions of workflows', () => {
  it('are those of the bodies', () => {
    expect(DEFINITIONS.map(({ name }) => name).sort()).toEqual(Object.keys(BODIES).sort());
  });

  it.each(DEFINITIONS)('$name requires the permissions of its steps, and no others', (definition) => {
    const { name } = definition;
    const source = readFileSync(`src/workflows/definitions/${name}.ts`, 'utf8');
    const steps = [...source.matchAll(/w\.steps\.(\w+)\(/g)].map(([, step]) => BUS_STEPS[step as StepName]);
    expect(steps.length).toBeGreaterThan(1);
    const permissions = [...new Set(steps.flatMap((step) => step.permissions))];
    expect(permissions.sort()).toEqual([...permissionsOf(definition)].sort());
  });

  it('require the permissions of a member of the input only if it is given', () => {
    const [definition] = DEFINITIONS.filter(({ name }) => name === 'quote-to-order');
    if (!definition) throw new Error('There is no quote-to-order.');
    const { requires } = definition;
    expect(requires.filter((permission) => permission.startsWith('subscriptions:'))).toEqual([]);
    expect(permissionsOf(definition, { quote_id: 'q', subscription_id: undefined })).toEqual(requires);
    expect(permissionsOf(definition, { quote_id: 'q', subscription_id: 's' })).toEqual([
      ...requires,
      'subscriptions:read',
      'subscriptions:write',
    ]);
  });

  it('use no message of the runner as a signal', () => {
    const signals = DEFINITIONS.flatMap(({ signals: ofOne }) => Object.keys(ofOne));
    expect(signals.filter((name) => name === CANCEL || name === RETRY)).toEqual([]);
  });
});
