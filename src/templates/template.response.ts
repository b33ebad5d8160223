import { z } from 'zod';
import { Feature, LicenseModel, LicenseType, Term, termFields } from './license-terms.js';
import { Restriction } from './restriction-types.js';
import { FreeForm } from '../shared/free-form.js';
import { UtcTime } from '../shared/http/schema.js';
import { pageOf } from '../shared/http/paging.js';
import { columnsOf, toJson } from '../shared/persistence/entity-columns.js';
import { Template } from './template.entity.js';

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
    default_term: Term.nullable().meta({ description: 'Term in months or years. Null: default_duration says it.' }),
    max_activations: z.int().nullable(),
    features: z.array(Feature),
    restrictions: z.array(Restriction),
    pricing: FreeForm,
    auto_renewal_enabled: z.boolean(),
    trial_allowed: z.boolean(),
    trial_duration_days: z.int(),
    grace_period_days: z.int(),
    ...termFields,
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

const COLUMNS = Object.keys(TemplateResponse.shape).map((name) => {
  const column = columnsOf(Template).find((candidate) => candidate.name === name);
  if (!column) throw new TypeError(`A template has no column ${name}.`);
  return column;
});

/** Returns the columns that the schema names, in its order. */
export function toTemplateResponse(template: Template): TemplateResponse {
  return toJson(template, COLUMNS) as TemplateResponse;
}
