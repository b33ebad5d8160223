import { readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import fc from '../../test/support/property.js';
import type { Template } from '../templates/index.js';
import { CHANGE_EVENTS, licenseAsOf, type PastChange } from './license-as-of.js';
import { License } from './license.entity.js';
import type { JsonObject } from '../shared/json.js';

const START = Date.parse('2026-01-01T00:00:00.000Z');
const DAY_MS = 86_400_000;
const day = (days: number) => new Date(START + days * DAY_MS);

const template = (id: number) =>
  ({
    tenantId: 't',
    templateId: `t-${id}`,
    version: id,
    templateName: `T ${id}`,
    productId: 'p',
    licenseType: id % 2 ? 'SUBSCRIPTION' : 'CONCURRENT',
    licenseModel: id % 2 ? 'PER_SEAT' : 'PER_CPU',
    defaultDuration: id === 3 ? null : 10 * id,
    gracePeriodDays: id,
    autoRenewalEnabled: id === 2,
    maxActivations: id,
    overagePolicy: id % 2 ? 'DENY' : 'ALLOW',
    overageFactor: id % 2 ? null : 1.5,
    evictionPolicy: id % 2 ? 'NONE' : 'OLDEST',
    heartbeatIntervalSeconds: 60 * id,
    heartbeatGraceSeconds: 30 * id,
    features: [{ feature_id: `f-${id}`, feature_name: 'F' }] as Template['features'],
    restrictions: [{ restriction_type: 'GEOGRAPHIC', values: ['DE'], operator: id % 2 ? 'ALLOW' : 'DENY' }],
    pricing: { monthly: id },
    trialAllowed: true,
    trialDurationDays: 5,
  }) as unknown as Template;

const issue = (trial: boolean) =>
  License.issue(
    template(1),
    { license_template_id: 't-1', customer_id: 'c-1', metadata: { first: true }, trial },
    undefined,
    day(0),
  );

const ACTS = {
  renew: (license: License, value: number, now: Date) => license.renew({ days: value }, now),
  convert: (license: License, _: number, now: Date) => license.convertTrial(now),
  suspend: (license: License, _: number, now: Date) => license.suspend(now),
  reinstate: (license: License, _: number, now: Date) => license.reinstate(now),
  revoke: (license: License, _: number, now: Date) => license.revoke(now),
  transfer: (license: License, value: number, now: Date) => license.transfer(`c-${value}`, `Customer No ${value}`, now),
  changeTemplate: (license: License, value: number, now: Date) => license.changeTemplate(template(value), now),
  edit: (license: License, value: number, now: Date) =>
    license.edit({ max_activations: value, issued_to: `No ${value}`, metadata: { value } }, now),
  link: (license: License, value: number, now: Date) =>
    license.linkSubscription(value % 2 ? `subscription-${value}` : null, now),
  correct: (license: License, value: number, now: Date) =>
    license.edit({ expiry_date: new Date(now.getTime() + value * DAY_MS).toISOString() }, now),
} as const;

const steps = fc.array(
  fc.record({
    act: fc.constantFrom(...(Object.keys(ACTS) as (keyof typeof ACTS)[])),
    value: fc.integer({ min: 1, max: 3 }),
    days: fc.constantFrom(0.5, 1, 4, 12),
  }),
  { maxLength: 30 },
);

/** Runs all actions that are allowed. Returns the snapshot after each step, and the changes as their events record them. */
function runSteps(license: License, sequence: readonly { act: keyof typeof ACTS; value: number; days: number }[]) {
  let at = 0;
  const changes: PastChange[] = [];
  const history = [{ at: day(0), terms: plain(license.snapshot(day(0))) }];
  for (const { act, value, days } of sequence) {
    const now = day((at += days));
    const before = Object.assign({}, license);
    try {
      const change = ACTS[act](license, value, now);
      if (change) changes.unshift({ at: now, customerErased: false, ...plain({ ...change }) } as PastChange);
    } catch {
      // A refused action is not stored, so the license is restored.
      Object.assign(license, before);
    }
    history.push({ at: now, terms: plain(license.snapshot(now)) });
  }
  return { history, changes };
}

const plain = (value: object) => JSON.parse(JSON.stringify(value)) as JsonObject;

/** Returns the license as read from the database. */
function stored(license: License): License {
  const { features, restrictions, pricing, metadata } = license;
  return Object.assign(license, plain({ features, restrictions, pricing, metadata }));
}

describe('a license as of a time in the past', () => {
  it('equals the snapshot of that time whatever was done since, and leaves the license unchanged', () => {
    fc.assert(
      fc.property(fc.boolean(), steps, (trial, sequence) => {
        const license = issue(trial);
        const { history, changes } = runSteps(license, sequence);
        stored(license);
        const now = plain(license);
        for (const { at, terms } of history) {
          const asOfThen = licenseAsOf(license, changes, at);
          expect(plain(asOfThen.license.snapshot(at))).toEqual(terms);
          expect(asOfThen).toMatchObject({ inconsistentFields: [], customerErased: false });
          expect(asOfThen.customerIds).toContain(asOfThen.license.customerId);
        }
        expect(plain(license)).toEqual(now);
      }),
    );
  });

  it('takes back every event that tells of a change of a license', () => {
    const source = readFileSync('src/licensing/events/license-action.events.ts', 'utf8');
    const types = [...source.matchAll(/readonly type = '([^']+)'/g)].map(([, type]) => type);
    expect(types.sort()).toEqual([...CHANGE_EVENTS].sort());
  });

  it('reports a field where a change is missing or out of order', () => {
    const license = issue(false);
    for (const [at, seats] of [10, 20, 30].entries()) license.edit({ max_activations: seats }, day(at + 1));
    const change = (at: number, before: number, after: number): PastChange => ({
      at: day(at),
      before: { max_activations: before },
      after: { max_activations: after },
      customerErased: false,
    });
    const [first, second, third] = [change(1, 1, 10), change(2, 10, 20), change(3, 20, 30)];
    const doubtful = (changes: PastChange[]) => licenseAsOf(license, changes, day(0)).inconsistentFields;
    expect(doubtful([third, second, first])).toEqual([]);
    expect(doubtful([third, first])).toEqual(['max_activations']);
    expect(doubtful([second, third, first])).toEqual(['max_activations']);
  });

  it('omits a name that was erased, and returns one that was given before', () => {
    const license = issue(false);
    license.transfer('c-2', 'Second', day(2));
    license.transfer('c-3', 'Third', day(3));
    const moved = (at: number, from: number, to: number, erased: boolean): PastChange => ({
      at: day(at),
      before: { customer_id: `c-${from}`, ...(!erased && { issued_to: from === 1 ? 'First' : 'Second' }) },
      after: { customer_id: `c-${to}`, ...(!erased && { issued_to: to === 2 ? 'Second' : 'Third' }) },
      customerErased: erased,
    });
    const asOf = (at: number, changes: PastChange[]) => licenseAsOf(license, changes, day(at));
    const [second, first] = [moved(3, 2, 3, false), moved(2, 1, 2, true)];
    expect(asOf(1, [second, first])).toMatchObject({ customerErased: true, customerIds: ['c-3', 'c-2', 'c-1'] });
    expect(asOf(2, [second, first])).toMatchObject({ customerErased: false, license: { issuedTo: 'Second' } });
    expect(asOf(3, [second, first])).toMatchObject({ customerErased: false, license: { issuedTo: 'Third' } });
  });
});
