import { z } from 'zod';
import { Feature, fileTerms, LicenseModel, LicenseType, seatPolicyFields } from './license-terms.js';
import { Restriction } from './restriction-types.js';
import { FreeForm } from '../shared/free-form.js';
import { UtcTime } from '../shared/http/schema.js';
import { pageOf } from '../shared/http/paging.js';
import type { Template } from './template.entity.js';

export const TemplateResponse = z
  .object({
    template_id: z.string(),
    tenant_id: z.string(),
    template_name: z.string(),
    product_id: z.string(),
    description: z.string().nullable(),
    license_type: LicenseType,
    license_model: LicenseModel,
    default_duration: z.int().nullable(),
    max_activations: z.int().nullable(),
    features: z.array(Feature),
    restrictions: z.array(Restriction),
    pricing: FreeForm,
    auto_renewal_enabled: z.boolean(),
    trial_allowed: z.boolean(),
    trial_duration_days: z.int(),
    grace_period_days: z.int(),
    ...seatPolicyFields,
    ...fileTerms,
    active: z.boolean(),
    metadata: FreeForm,
    version: z.int(),
    created_at: UtcTime,
    updated_at: UtcTime,
  })
  .meta({ id: 'LicenseTemplate' });
export type TemplateResponse = z.infer<typeof TemplateResponse>;

export const TemplatePage = pageOf(TemplateResponse).meta({ id: 'LicenseTemplatePage' });
export type TemplatePage = z.infer<typeof TemplatePage>;

export function toTemplateResponse(template: Template): TemplateResponse {
  return {
    template_id: template.templateId,
    tenant_id: template.tenantId,
    template_name: template.templateName,
    product_id: template.productId,
    description: template.description,
    license_type: template.licenseType,
    license_model: template.licenseModel,
    default_duration: template.defaultDuration,
    max_activations: template.maxActivations,
    features: template.features,
    restrictions: template.restrictions,
    pricing: template.pricing,
    auto_renewal_enabled: template.autoRenewalEnabled,
    trial_allowed: template.trialAllowed,
    trial_duration_days: template.trialDurationDays,
    grace_period_days: template.gracePeriodDays,
    overage_policy: template.overagePolicy,
    overage_factor: template.overageFactor,
    eviction_policy: template.evictionPolicy,
    heartbeat_interval_seconds: template.heartbeatIntervalSeconds,
    heartbeat_grace_seconds: template.heartbeatGraceSeconds,
    file_ttl_max_seconds: template.fileTtlMaxSeconds,
    active: template.active,
    metadata: template.metadata,
    version: template.version,
    created_at: template.createdAt.toISOString(),
    updated_at: template.updatedAt.toISOString(),
  };
}
