import { describe, expect, it } from '@jest/globals';
import { endOfDay, startOfDay, toInstant } from '../../packages/admin/src/parts/days.js';
import { mergePatch, objectOf } from '../../packages/admin/src/parts/merge-patch.js';
import {
  correctedLines,
  emptyTimes,
  isEnded,
  passedTimes,
} from '../../packages/admin/src/routes/orders/order-times.js';
import {
  changedTerms,
  toFeature,
  toFeatureRow,
  toForm,
  toRestriction,
  toRestrictionRow,
} from '../../packages/admin/src/routes/templates/template-form-values.js';

type Template = Parameters<typeof toForm>[0];

const FEATURE = {
  feature_id: 'api',
  feature_name: 'API calls',
  limit_value: 100,
  limit_type: null,
  reset_period: 'MONTH' as const,
  enabled: true,
  expires_at: null,
};

describe('the form of a template', () => {
  it.each([
    [FEATURE],
    [{ ...FEATURE, limit_value: 0, reset_period: null }],
    [{ ...FEATURE, limit_value: null, limit_type: 'SIZE' as const }],
    [{ ...FEATURE, limit_value: null, reset_period: null, enabled: false, expires_at: '2031-01-01T00:00:00.000Z' }],
  ])('keeps what a feature had: %j', (feature) => {
    expect({
      limit_value: null,
      limit_type: null,
      reset_period: null,
      expires_at: null,
      ...toFeature(toFeatureRow(feature)),
    }).toEqual(feature);
  });

  it('sends how often customers may move a program, and whether by themselves', () => {
    const before = toForm({ features: [], restrictions: [], self_service_replacement: false } as unknown as Template);
    const after = { ...before, deactivations: '3', self_service_replacement: true };
    const deactivations_per_period = { limit: 3, period: 'MONTH' };
    expect(changedTerms(before, after)).toEqual({ deactivations_per_period, self_service_replacement: true });
    expect(changedTerms(after, before)).toEqual({ deactivations_per_period: null, self_service_replacement: false });
    const stored = { features: [], restrictions: [], deactivations_per_period } as unknown as Template;
    expect(changedTerms(toForm(stored), { ...toForm(stored), deactivations_period: 'YEAR' })).toEqual({
      deactivations_per_period: { limit: 3, period: 'YEAR' },
    });
  });

  it('sends the limit of a feature whose name changes', () => {
    const before = toForm({ features: [FEATURE], restrictions: [], trial_duration_days: 30 } as unknown as Template);
    const features = before.features.map((row) => ({ ...row, feature_name: 'Calls' }));
    expect(changedTerms(before, { ...before, features })).toEqual({
      features: [{ feature_id: 'api', feature_name: 'Calls', limit_value: 100, reset_period: 'MONTH', enabled: true }],
    });
  });

  it.each([
    ['HARDWARE_ID' as const, ['Board A, rev 2', ' two\nlines ']],
    ['TIME_BASED' as const, ['Mon,Wed 09:00-18:00 Europe/Berlin', 'Sat 10:00-12:00 Europe/Berlin']],
  ])('keeps the values of a restriction by %s', (restriction_type, values) => {
    const row = toRestrictionRow({ restriction_type, operator: 'ALLOW', values });
    expect(toRestriction({ ...row, operator: 'DENY' })).toEqual({ restriction_type, operator: 'DENY', values });
  });

  it('takes one value of a restriction from each line', () => {
    const row = toRestrictionRow({ restriction_type: 'HARDWARE_ID', operator: 'ALLOW', values: ['Board A, rev 2'] });
    expect(toRestriction({ ...row, values: `${row.values}\n\n Board B, rev 1 \n` }).values).toEqual([
      'Board A, rev 2',
      'Board B, rev 1',
    ]);
  });
});

describe('a date field', () => {
  it('sends text that is no day as it is, which the server refuses', () => {
    expect(startOfDay('2031-01-31')).toBe(new Date(2031, 0, 31).toISOString());
    expect(['20271-01-01', ''].flatMap((day) => [startOfDay(day), endOfDay(day), toInstant(day)])).toEqual([
      '20271-01-01T00:00',
      '20271-01-01T23:59:59',
      '20271-01-01',
      'T00:00',
      'T23:59:59',
      '',
    ]);
  });
});

describe('metadata that is edited as a text', () => {
  it.each([
    [
      { a: 1, b: 2 },
      { a: 1, c: 3 },
      { b: null, c: 3 },
    ],
    [
      { a: { x: 1, y: 2 }, l: [1] },
      { a: { x: 1, y: 3 }, l: [1, 2] },
      { a: { y: 3 }, l: [1, 2] },
    ],
    [{ a: { x: 1 } }, { a: 'text' }, { a: 'text' }],
    [{ a: 'text' }, { a: { x: 1 } }, { a: { x: 1 } }],
    [{ a: { x: 1 } }, { a: { x: 1 } }, undefined],
    [{}, { a: {} }, { a: {} }],
    [{ a: { x: 1 } }, { a: {} }, { a: { x: null } }],
  ])('%j to %j is the merge patch %j', (before, after, patch) => {
    expect(mergePatch(before, after)).toEqual(patch);
  });

  it('is an object or is refused', () => {
    expect(['', ' ', '{"a":1}', '[1]', 'null', '{', '1'].map(objectOf)).toEqual([
      {},
      {},
      { a: 1 },
      undefined,
      undefined,
      undefined,
      undefined,
    ]);
  });
});

describe('the times of an order', () => {
  type Order = Parameters<typeof passedTimes>[0];
  const LINE = {
    ...{
      kind: 'ISSUE',
      license_template_id: 't',
      license_id: null,
      months: null,
      days: null,
      quantity: 2,
      unit_price: 5,
    },
    ...{ starts: null, expires_if_started_by: null, overrides: null, fulfilled_quantity: 0, refunded: false },
  };
  const [past, future] = ['2026-01-01T00:00:00.000Z', '2099-01-01T00:00:00.000Z'];
  const lines = [
    { ...LINE, starts: 'AT_FIRST_ACTIVATION', expires_if_started_by: past, overrides: { max_activations: 9 } },
    { ...LINE, starts: past, overrides: { expiry_date: past, max_activations: null } },
    { ...LINE, starts: future, overrides: { expiry_date: null } },
    { ...LINE, kind: 'RENEW', license_template_id: null, license_id: 'l', months: 12, quantity: 1 },
    { ...LINE, kind: 'CHANGE_TEMPLATE', license_id: 'l', quantity: 1 },
    { ...LINE, starts: past, fulfilled_quantity: 2 },
  ].map((line, at) => ({ ...line, line: at + 1 }));
  const order = { status: 'APPROVED', payment_status: 'PAID', lines } as unknown as Order;
  const passed = passedTimes(order, Date.parse('2026-06-01T00:00:00.000Z'));

  it('that have passed are found in lines that are still to be fulfilled', () => {
    expect(passed).toEqual([
      { line: 1, names: ['expires_if_started_by'] },
      { line: 2, names: ['starts', 'expiry_date'] },
    ]);
    expect([isEnded({ line: 1, names: ['starts'] }), ...passed.map(isEnded)]).toEqual([false, true, true]);
    for (const closed of [{ status: 'CANCELLED' }, { payment_status: 'REFUNDED' }])
      expect(passedTimes({ ...order, ...closed } as Order, Date.now())).toEqual([]);
  });

  it('are replaced or left out, and all else of the lines is sent as it was sold', () => {
    const form = emptyTimes(order);
    form.lines[1]!.overrides.expiry_date = '2098-05-04';
    const issue = { kind: 'ISSUE', license_template_id: 't', quantity: 2, unit_price: 5 };
    expect(correctedLines(order, passed, form)).toEqual([
      { ...issue, starts: 'AT_FIRST_ACTIVATION', overrides: { max_activations: 9 } },
      { ...issue, overrides: { expiry_date: endOfDay('2098-05-04'), max_activations: null } },
      { ...issue, starts: future, overrides: { expiry_date: null } },
      { kind: 'RENEW', license_id: 'l', months: 12, unit_price: 5 },
      { kind: 'CHANGE_TEMPLATE', license_id: 'l', license_template_id: 't', unit_price: 5 },
      { ...issue, starts: past },
    ]);
  });
});
