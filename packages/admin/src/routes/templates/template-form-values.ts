import type { components } from '../../api/openapi.js';
import { ARCHIVE_REASON, archiveReason, type Archivable } from '../../parts/archive-reason.js';

type Schemas = components['schemas'];
type Template = Schemas['LicenseTemplate'];
type CreateRequest = Schemas['CreateTemplateRequest'];
type UpdateRequest = Schemas['UpdateTemplateRequest'];

type Period = Schemas['DeactivationLimit']['period'];
export type TermUnit = 'forever' | 'days' | 'months' | 'years';

export interface FeatureRow {
  feature_id: string;
  feature_name: string;
  limit_type: string;
  limit_value: string;
  reset_period: string;
  enabled: boolean;
  expires_at: string | null;
}

export interface RestrictionRow {
  restriction_type: Schemas['RestrictionType'];
  operator: Schemas['RestrictionOperator'];
  /** One value in each line: a value may contain commas. */
  values: string;
  /** The values that it had. They stay exact while their text does. */
  had: readonly string[];
}

/** The form's fields; names are those of the API, so that its pointers find them. */
export interface TemplateForm extends Archivable {
  template_id: string;
  template_name: string;
  product_id: string;
  description: string;
  license_type: Schemas['LicenseType'];
  license_model: Schemas['LicenseModel'];
  default_duration: string;
  term_unit: TermUnit;
  max_activations: string;
  features: FeatureRow[];
  restrictions: RestrictionRow[];
  auto_renewal_enabled: boolean;
  trial_allowed: boolean;
  trial_duration_days: string;
  grace_period_days: string;
  overage_policy: Schemas['OveragePolicy'];
  overage_factor: string;
  eviction_policy: Schemas['EvictionPolicy'];
  heartbeat_interval_seconds: string;
  heartbeat_grace_seconds: string;
  file_ttl_max_seconds: string;
  /** Empty: as many as somebody wants. */
  deactivations: string;
  deactivations_period: Period;
  self_service_replacement: boolean;
}

export const emptyForm: TemplateForm = {
  template_id: '',
  template_name: '',
  product_id: '',
  description: '',
  license_type: 'SUBSCRIPTION',
  license_model: 'PER_DEVICE',
  default_duration: '1',
  term_unit: 'years',
  max_activations: '1',
  features: [],
  restrictions: [],
  auto_renewal_enabled: false,
  trial_allowed: false,
  trial_duration_days: '30',
  grace_period_days: '30',
  overage_policy: 'DENY',
  overage_factor: '',
  eviction_policy: 'NONE',
  heartbeat_interval_seconds: '300',
  heartbeat_grace_seconds: '300',
  file_ttl_max_seconds: '',
  deactivations: '',
  deactivations_period: 'MONTH',
  self_service_replacement: false,
  active: true,
  reason: ARCHIVE_REASON,
};

const textOf = (value: number | null | undefined) => value?.toString() ?? '';
const numberOf = (text: string) => (text.trim() === '' ? null : Number(text));

function termOf({
  default_duration,
  default_term,
}: Pick<Template, 'default_duration' | 'default_term'>): Pick<TemplateForm, 'default_duration' | 'term_unit'> {
  if (default_term?.years !== undefined) return { default_duration: String(default_term.years), term_unit: 'years' };
  if (default_term?.months !== undefined) return { default_duration: String(default_term.months), term_unit: 'months' };
  const days = default_duration ?? default_term?.days;
  return days === undefined
    ? { default_duration: '', term_unit: 'forever' }
    : { default_duration: String(days), term_unit: 'days' };
}

export function toFeatureRow(feature: Schemas['Feature']): FeatureRow {
  return {
    feature_id: feature.feature_id,
    feature_name: feature.feature_name,
    limit_type: feature.limit_type ?? '',
    limit_value: textOf(feature.limit_value),
    reset_period: feature.reset_period ?? '',
    enabled: feature.enabled,
    expires_at: feature.expires_at,
  };
}

export function toRestrictionRow({ restriction_type, operator, values }: Schemas['Restriction']): RestrictionRow {
  return { restriction_type, operator, values: values.join('\n'), had: values };
}

export function toFeature({
  feature_id,
  feature_name,
  limit_type,
  limit_value,
  reset_period,
  enabled,
  expires_at,
}: FeatureRow): Schemas['FeatureInput'] {
  return {
    feature_id,
    feature_name,
    enabled,
    ...(expires_at !== null && { expires_at }),
    ...(limit_type !== '' && { limit_type: limit_type as Schemas['LimitType'] }),
    ...(limit_value.trim() !== '' && { limit_value: Number(limit_value) }),
    ...(reset_period !== '' && { reset_period: reset_period as Schemas['ResetPeriod'] }),
  };
}

export function toRestriction({
  restriction_type,
  operator,
  values,
  had,
}: RestrictionRow): Schemas['RestrictionInput'] {
  const lines = values
    .split('\n')
    .map((value) => value.trim())
    .filter(Boolean);
  return { restriction_type, operator, values: values === had.join('\n') ? [...had] : lines };
}

export function toForm(template: Template): TemplateForm {
  return {
    ...termOf(template),
    template_id: template.template_id,
    template_name: template.template_name,
    product_id: template.product_id,
    description: template.description ?? '',
    license_type: template.license_type,
    license_model: template.license_model,
    max_activations: textOf(template.max_activations),
    features: template.features.map(toFeatureRow),
    restrictions: template.restrictions.map(toRestrictionRow),
    auto_renewal_enabled: template.auto_renewal_enabled,
    trial_allowed: template.trial_allowed,
    trial_duration_days: String(template.trial_duration_days),
    grace_period_days: String(template.grace_period_days),
    overage_policy: template.overage_policy,
    overage_factor: textOf(template.overage_factor),
    eviction_policy: template.eviction_policy,
    heartbeat_interval_seconds: String(template.heartbeat_interval_seconds),
    heartbeat_grace_seconds: String(template.heartbeat_grace_seconds),
    file_ttl_max_seconds: textOf(template.file_ttl_max_seconds),
    deactivations: textOf(template.deactivations_per_period?.limit),
    deactivations_period: template.deactivations_per_period?.period ?? 'MONTH',
    self_service_replacement: template.self_service_replacement,
    active: template.active,
    reason: ARCHIVE_REASON,
  };
}

function toTerms(
  form: TemplateForm,
): Omit<CreateRequest, 'template_id' | 'product_id' | 'license_type' | 'license_model'> {
  const amount = numberOf(form.default_duration) ?? undefined;
  const deactivations = numberOf(form.deactivations);
  return {
    template_name: form.template_name,
    description: form.description === '' ? null : form.description,
    default_duration: form.term_unit === 'days' ? (amount ?? null) : null,
    default_term:
      form.term_unit === 'months'
        ? { months: amount ?? 0 }
        : form.term_unit === 'years'
          ? { years: amount ?? 0 }
          : null,
    max_activations: numberOf(form.max_activations),
    features: form.features.map(toFeature),
    restrictions: form.restrictions.map(toRestriction),
    auto_renewal_enabled: form.auto_renewal_enabled,
    trial_allowed: form.trial_allowed,
    trial_duration_days: Number(form.trial_duration_days),
    grace_period_days: Number(form.grace_period_days),
    overage_policy: form.overage_policy,
    overage_factor: form.overage_policy === 'ALLOW' ? numberOf(form.overage_factor) : null,
    eviction_policy: form.eviction_policy,
    heartbeat_interval_seconds: Number(form.heartbeat_interval_seconds),
    heartbeat_grace_seconds: Number(form.heartbeat_grace_seconds),
    file_ttl_max_seconds: numberOf(form.file_ttl_max_seconds),
    deactivations_per_period:
      deactivations === null ? null : { limit: deactivations, period: form.deactivations_period },
    self_service_replacement: form.self_service_replacement,
    active: form.active,
  };
}

export function toCreateRequest(form: TemplateForm): CreateRequest {
  return {
    ...(form.template_id !== '' && { template_id: form.template_id }),
    product_id: form.product_id,
    license_type: form.license_type,
    license_model: form.license_model,
    ...toTerms(form),
  };
}

/** Returns the terms that differ, so that what others changed elsewhere stays. */
export function changedTerms(before: TemplateForm, after: TemplateForm): UpdateRequest {
  const [old, now] = [toTerms(before), toTerms(after)] as [Record<string, unknown>, Record<string, unknown>];
  const changed = Object.entries(now).filter(([name, value]) => JSON.stringify(value) !== JSON.stringify(old[name]));
  return { ...Object.fromEntries(changed), ...archiveReason(before.active, after) };
}
