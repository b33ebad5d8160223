import { describe, expect, it } from '@jest/globals';
import { endOfDay, startOfDay, toInstant } from '../../packages/admin/src/parts/days.js';
import { mergePatch, objectOf } from '../../packages/admin/src/parts/merge-patch.js';
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
