import { z } from 'zod';
import { ActionReason } from '../shared/http/action-reason.js';
import { pageParameters, SearchPrefix } from '../shared/http/paging.js';
import { FlagParameter, IdParameter, ResourceId, text } from '../shared/http/schema.js';
import { integer } from '../shared/http/schema-messages.js';
import { FeatureInput, LicenseModel, LicenseType, RestrictionInput, Term, termFields } from './license-terms.js';
import { FreeFormInput } from '../shared/free-form.js';

export const MAX_FEATURES = 200;
const MAX_RESTRICTION_VALUES = 1_000;
/** Most time windows: evaluating one costs more than other values, at every validation. Older templates keep longer lists. */
const MAX_TIME_VALUES = 100;
const MAX_DAYS = 36_500;

const days = (least: number) => integer(least, MAX_DAYS);

const fields = {
  template_name: text(255),
  description: text(4000).nullable(),
  default_duration: days(1).nullable().meta({
    description:
      'Days from issue to expiry. Null: never expires, unless default_term is set; PERPETUAL requires null. Default: 365; for TRIAL and EVALUATION trial_duration_days, which null means there too.',
  }),
  default_term: Term.nullable().meta({
    description:
      'Term in months or years instead of default_duration, which is null then; days set default_duration. Renewals return to the day of the issue after shorter months.',
  }),
  max_activations: integer(1, 1_000_000).nullable().meta({ description: 'Number of seats. Null: unlimited.' }),
  features: z
    .array(FeatureInput)
    .max(MAX_FEATURES)
    .refine(
      (all) => new Set(all.map((feature) => feature.feature_id)).size === all.length,
      'must not contain a feature_id twice',
    ),
  restrictions: z
    .array(RestrictionInput)
    .max(MAX_RESTRICTION_VALUES)
    .refine(
      (all) => all.reduce((sum, { values }) => sum + values.length, 0) <= MAX_RESTRICTION_VALUES,
      `must not contain more than ${MAX_RESTRICTION_VALUES} values`,
    )
    .refine(
      (all) =>
        all
          .filter(({ restriction_type }) => restriction_type === 'TIME_BASED')
          .reduce((sum, { values }) => sum + values.length, 0) <= MAX_TIME_VALUES,
      `must not contain more than ${MAX_TIME_VALUES} values of TIME_BASED`,
    ),
  pricing: FreeFormInput,
  auto_renewal_enabled: z.boolean(),
  trial_allowed: z.boolean().meta({
    description: 'Whether trials may be issued from it. Templates of type TRIAL and EVALUATION issue trials only.',
  }),
  trial_duration_days: days(1),
  grace_period_days: days(0).meta({
    description: 'Days after the expiry in which the license stays valid. Default: 30; trials have none.',
  }),
  ...termFields,
  active: z.boolean().meta({ description: 'False: archived; no license can be issued from it.' }),
  metadata: FreeFormInput,
};

/** Terms that a license may have in place of those of its template. */
export const overridableFields = {
  max_activations: fields.max_activations,
  grace_period_days: fields.grace_period_days,
  features: fields.features,
  restrictions: fields.restrictions,
};

export const CreateTemplateRequest = z
  .strictObject({
    template_id: ResourceId.optional(),
    template_name: fields.template_name,
    product_id: ResourceId,
    description: fields.description.default(null),
    license_type: LicenseType,
    license_model: LicenseModel,
    default_duration: fields.default_duration.optional(),
    default_term: fields.default_term.optional(),
    max_activations: fields.max_activations.default(1),
    features: fields.features.default([]),
    restrictions: fields.restrictions.default([]),
    pricing: fields.pricing.default({}),
    auto_renewal_enabled: fields.auto_renewal_enabled.default(false),
    trial_allowed: fields.trial_allowed.default(false),
    trial_duration_days: fields.trial_duration_days.default(30),
    grace_period_days: fields.grace_period_days.optional(),
    overage_policy: fields.overage_policy.default('DENY'),
    overage_factor: fields.overage_factor.default(null),
    eviction_policy: fields.eviction_policy.default('NONE'),
    heartbeat_interval_seconds: fields.heartbeat_interval_seconds.default(300),
    heartbeat_grace_seconds: fields.heartbeat_grace_seconds.default(300),
    file_ttl_max_seconds: fields.file_ttl_max_seconds.default(null),
    // Without a default, which would change the digest of stored requests.
    deactivations_per_period: fields.deactivations_per_period.optional(),
    self_service_replacement: fields.self_service_replacement.optional(),
    active: fields.active.default(true),
    metadata: fields.metadata.default({}),
  })
  .meta({
    id: 'CreateTemplateRequest',
    examples: [
      {
        template_id: 'enterprise-isp',
        template_name: 'Enterprise ISP License',
        product_id: 'ISP-PRO-001',
        license_type: 'SUBSCRIPTION',
        license_model: 'PER_SEAT',
        default_duration: 365,
        max_activations: 25,
        features: [{ feature_id: 'radius_aaa', feature_name: 'RADIUS AAA' }],
        restrictions: [{ restriction_type: 'GEOGRAPHIC', values: ['US', 'CA'], operator: 'ALLOW' }],
        pricing: { monthly: 299, annual: 2990 },
      },
    ],
  });
export type CreateTemplateRequest = z.infer<typeof CreateTemplateRequest>;

export const UpdateTemplateRequest = z
  .strictObject({ ...fields, reason: ActionReason })
  .partial()
  .meta({ id: 'UpdateTemplateRequest', examples: [{ max_activations: 10, pricing: { annual: 2490 } }] });
export type UpdateTemplateRequest = z.infer<typeof UpdateTemplateRequest>;
/** Fields that a request changes. */
export type TemplatePatch = Omit<UpdateTemplateRequest, 'reason'>;

export const DuplicateTemplateRequest = z
  .strictObject({ template_id: ResourceId.optional(), template_name: fields.template_name.optional() })
  .meta({
    id: 'DuplicateTemplateRequest',
    description: 'Without a name the copy is called "{name} (copy)".',
    examples: [{ template_name: 'Professional ISP License, two years' }],
  });
export type DuplicateTemplateRequest = z.infer<typeof DuplicateTemplateRequest>;

const Version = z
  .string()
  .regex(/^[1-9]\d{0,8}$/, 'must be the number of a version')
  .transform(Number)
  .meta({ type: 'integer', minimum: 1 });

export const CompareTemplateVersionsRequest = z.strictObject({
  from: Version.optional().meta({ description: 'Default: the version before `to`.' }),
  to: Version.optional().meta({ description: 'Default: the current version.' }),
});
export type CompareTemplateVersionsRequest = z.infer<typeof CompareTemplateVersionsRequest>;

export const ListTemplatesRequest = z.strictObject({
  ...pageParameters,
  product_id: IdParameter.optional(),
  license_type: LicenseType.optional(),
  active: FlagParameter.optional(),
  q: SearchPrefix.optional(),
});
export type ListTemplatesRequest = z.infer<typeof ListTemplatesRequest>;
