import { describe, expect, it } from '@jest/globals';
import {
  changedTerms,
  toFeature,
  toFeatureRow,
  toForm,
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
});
