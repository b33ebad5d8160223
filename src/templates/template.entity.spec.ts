import { describe, expect, it } from '@jest/globals';
import { columnsOf } from '../shared/persistence/entity-columns.js';
import { InvalidFieldError } from '../shared/errors.js';
import { Template } from './template.entity.js';
import { CreateTemplateRequest, type TemplatePatch, UpdateTemplateRequest } from './template.requests.js';
import { TemplateResponse, toTemplateResponse } from './template.response.js';

const NOW = new Date('2026-06-15T12:00:00.000Z');
const input = CreateTemplateRequest.parse({
  template_id: 't-1',
  template_name: 'T',
  product_id: 'p-1',
  license_type: 'SUBSCRIPTION',
  license_model: 'PER_SEAT',
  pricing: { monthly: 1 },
  default_term: { years: 1 },
});
/** A new value of each field that a request can change. */
const PATCH: Required<TemplatePatch> = {
  template_name: 'U',
  description: 'about',
  default_duration: 10,
  default_term: null,
  max_activations: 11,
  features: [{ feature_id: 'f', feature_name: 'F', limit_value: 5, limit_type: null, enabled: true, expires_at: null }],
  restrictions: [{ restriction_type: 'GEOGRAPHIC', values: ['DE'], operator: 'ALLOW' }],
  pricing: { annual: 12 },
  auto_renewal_enabled: true,
  trial_allowed: true,
  trial_duration_days: 13,
  grace_period_days: 14,
  overage_policy: 'ALLOW',
  overage_factor: 1.5,
  eviction_policy: 'OLDEST',
  heartbeat_interval_seconds: 15,
  heartbeat_grace_seconds: 16,
  file_ttl_max_seconds: 60,
  deactivations_per_period: { limit: 3, period: 'MONTH' },
  self_service_replacement: true,
  active: false,
  metadata: { note: 'x' },
};

describe('a template', () => {
  it('has every column in its response, in the order of the schema', () => {
    const response = toTemplateResponse(Template.create('tenant-1', input, NOW));
    expect(Object.keys(response)).toEqual(Object.keys(TemplateResponse.shape));
    expect(Object.keys(response).sort()).toEqual(
      columnsOf(Template)
        .map(({ name }) => name)
        .sort(),
    );
    expect(TemplateResponse.parse(response)).toEqual(response);
    expect(response).toMatchObject({ ...input, tenant_id: 'tenant-1', default_duration: null, version: 1 });
  });

  it('sets each field of a request, merges pricing and metadata, and says what they were', () => {
    const template = Template.create('tenant-1', input, NOW);
    const before = template.snapshot();
    const after = { ...PATCH, pricing: { monthly: 1, annual: 12 } };
    expect(Object.keys(UpdateTemplateRequest.shape).sort()).toEqual([...Object.keys(PATCH), 'reason'].sort());
    expect(template.update(PATCH, NOW)).toEqual({ before, after });
    expect(toTemplateResponse(template)).toMatchObject({ ...after, version: 2 });
    expect(template.update(PATCH, NOW)).toBeUndefined();
  });

  it.each([
    [{}, 365, null],
    [{ default_term: { months: 1 } }, null, { months: 1 }],
    [{ default_term: { years: 2 }, default_duration: null }, null, { years: 2 }],
    [{ default_term: { days: 7 } }, 7, null],
    [{ default_term: null, default_duration: 7 }, 7, null],
    [{ default_duration: null }, null, null],
  ])('has one term: %j is %j days or %j', (fields, days, term) => {
    const rest = { ...input, default_term: undefined };
    const created = Template.create('t', { ...rest, ...fields }, NOW);
    expect([created.defaultDuration, created.defaultTerm]).toEqual([days, term]);
    const updated = Template.create('t', { ...rest, default_term: { months: 5 } }, NOW);
    updated.update(fields, NOW);
    const expected = Object.keys(fields).length > 0 ? [days, term] : [null, { months: 5 }];
    expect([updated.defaultDuration, updated.defaultTerm]).toEqual(expected);
  });

  it('refuses terms that contradict each other', () => {
    const template = Template.create('tenant-1', input, NOW);
    expect(() => template.update({ overage_policy: 'ALLOW' }, NOW)).toThrow(
      new InvalidFieldError('/overage_factor', 'is required if overage_policy is ALLOW'),
    );
    expect(() =>
      Template.create('t', { ...input, default_term: null, license_type: 'PERPETUAL', default_duration: 1 }, NOW),
    ).toThrow(new InvalidFieldError('/default_duration', 'must be null for a PERPETUAL license, which never expires'));
    expect(() => Template.create('t', { ...input, default_duration: null, license_type: 'PERPETUAL' }, NOW)).toThrow(
      new InvalidFieldError('/default_term', 'must be null for a PERPETUAL license, which never expires'),
    );
    expect(() => template.update({ default_term: { years: 1 }, default_duration: 1 }, NOW)).toThrow(
      new InvalidFieldError('/default_term', 'must not be set together with default_duration'),
    );
  });
});
