import { Column, Entity, PrimaryColumn } from 'typeorm';
import { newId } from '../shared/random.js';
import type { Change } from '../shared/persistence/change.js';
import { mergeFreeForm } from '../shared/free-form.js';
import { InvalidFieldError } from '../shared/errors.js';
import {
  isTrialType,
  type EvictionPolicy,
  type Feature,
  type LicenseModel,
  type LicenseType,
  type OveragePolicy,
} from './license-terms.js';
import { VersionedRow } from '../shared/persistence/versioned-row.js';
import type { CreateTemplateRequest, DuplicateTemplateRequest, UpdateTemplateRequest } from './template.requests.js';
import type { JsonObject } from '../shared/json.js';
import type { Restriction } from './restriction-types.js';

const DEFAULT_DURATION_DAYS = 365;
const GRACE_DAYS = 30;
const MAX_NAME = 255;

/** Reusable license terms of one product. A license copies them at issue and does not follow later changes. */
@Entity('license_templates')
export class Template extends VersionedRow {
  @PrimaryColumn('text', { name: 'template_id' })
  templateId!: string;

  @Column('text', { name: 'template_name' })
  templateName!: string;

  @Column('text', { name: 'product_id' })
  productId!: string;

  @Column('text', { nullable: true })
  description!: string | null;

  @Column('text', { name: 'license_type' })
  licenseType!: LicenseType;

  @Column('text', { name: 'license_model' })
  licenseModel!: LicenseModel;

  /** Days from issue to expiry; null never expires. */
  @Column('integer', { name: 'default_duration', nullable: true })
  defaultDuration!: number | null;

  /** Null: unlimited. */
  @Column('integer', { name: 'max_activations', nullable: true })
  maxActivations!: number | null;

  @Column('jsonb')
  features!: Feature[];

  @Column('jsonb')
  restrictions!: Restriction[];

  @Column('jsonb')
  pricing!: JsonObject;

  @Column('boolean', { name: 'auto_renewal_enabled' })
  autoRenewalEnabled!: boolean;

  @Column('boolean', { name: 'trial_allowed' })
  trialAllowed!: boolean;

  @Column('integer', { name: 'trial_duration_days' })
  trialDurationDays!: number;

  @Column('integer', { name: 'grace_period_days' })
  gracePeriodDays!: number;

  @Column('text', { name: 'overage_policy' })
  overagePolicy!: OveragePolicy;

  /** Allowed overage as a factor, if the policy is ALLOW. */
  @Column('double precision', { name: 'overage_factor', nullable: true })
  overageFactor!: number | null;

  @Column('text', { name: 'eviction_policy' })
  evictionPolicy!: EvictionPolicy;

  @Column('integer', { name: 'heartbeat_interval_seconds' })
  heartbeatIntervalSeconds!: number;

  @Column('integer', { name: 'heartbeat_grace_seconds' })
  heartbeatGraceSeconds!: number;

  /** Longest validity of a license file in seconds; null applies the general limit. */
  @Column('integer', { name: 'file_ttl_max_seconds', nullable: true })
  fileTtlMaxSeconds!: number | null;

  @Column('boolean')
  active!: boolean;

  @Column('jsonb')
  metadata!: JsonObject;

  /** Throws InvalidFieldError if a PERPETUAL template has a duration. */
  static create(tenantId: string, input: CreateTemplateRequest, now: Date): Template {
    const template = Object.assign(new Template(), Template.newRow(tenantId, now));
    template.templateId = input.template_id ?? newId();
    template.productId = input.product_id;
    template.licenseType = input.license_type;
    template.licenseModel = input.license_model;
    template.pricing = input.pricing;
    template.metadata = input.metadata;
    const defaultDuration = usualDuration(input);
    template.set({
      ...input,
      default_duration: input.default_duration === undefined ? defaultDuration : input.default_duration,
      grace_period_days: input.grace_period_days ?? (isTrialType(input.license_type) ? 0 : GRACE_DAYS),
    });
    return template;
  }

  /** Returns undefined if the patch changes nothing. Throws InvalidFieldError. */
  update(patch: UpdateTemplateRequest, now: Date): Change | undefined {
    const before = this.snapshot();
    if (patch.pricing) this.pricing = mergeFreeForm(this.pricing, patch.pricing, '/pricing');
    if (patch.metadata) this.metadata = mergeFreeForm(this.metadata, patch.metadata, '/metadata');
    this.set(patch);
    return this.changedSince(before, this.snapshot(), now);
  }

  /** Creates an active template with the same terms. */
  duplicate(request: DuplicateTemplateRequest, now: Date): Template {
    const copy = Object.assign(new Template(), this, Template.newRow(this.tenantId, now));
    copy.templateId = request.template_id ?? newId();
    copy.templateName = request.template_name ?? `${this.templateName.slice(0, MAX_NAME - 7)} (copy)`;
    copy.active = true;
    return copy;
  }

  /** Returns the changeable fields, in wire names. */
  snapshot(): JsonObject {
    return {
      template_name: this.templateName,
      description: this.description,
      default_duration: this.defaultDuration,
      max_activations: this.maxActivations,
      features: this.features,
      restrictions: this.restrictions,
      pricing: this.pricing,
      auto_renewal_enabled: this.autoRenewalEnabled,
      trial_allowed: this.trialAllowed,
      trial_duration_days: this.trialDurationDays,
      grace_period_days: this.gracePeriodDays,
      overage_policy: this.overagePolicy,
      overage_factor: this.overageFactor,
      eviction_policy: this.evictionPolicy,
      heartbeat_interval_seconds: this.heartbeatIntervalSeconds,
      heartbeat_grace_seconds: this.heartbeatGraceSeconds,
      file_ttl_max_seconds: this.fileTtlMaxSeconds,
      active: this.active,
      metadata: this.metadata,
    };
  }

  /** Sets all fields except the free-form objects, which are merged. */
  private set(fields: UpdateTemplateRequest): void {
    if (fields.template_name !== undefined) this.templateName = fields.template_name;
    if (fields.description !== undefined) this.description = fields.description;
    if (fields.default_duration !== undefined) this.defaultDuration = fields.default_duration;
    if (fields.max_activations !== undefined) this.maxActivations = fields.max_activations;
    if (fields.features !== undefined) this.features = fields.features;
    if (fields.restrictions !== undefined) this.restrictions = fields.restrictions;
    if (fields.auto_renewal_enabled !== undefined) this.autoRenewalEnabled = fields.auto_renewal_enabled;
    if (fields.trial_allowed !== undefined) this.trialAllowed = fields.trial_allowed;
    if (fields.trial_duration_days !== undefined) this.trialDurationDays = fields.trial_duration_days;
    if (fields.grace_period_days !== undefined) this.gracePeriodDays = fields.grace_period_days;
    if (fields.active !== undefined) this.active = fields.active;
    if (fields.file_ttl_max_seconds !== undefined) this.fileTtlMaxSeconds = fields.file_ttl_max_seconds;
    this.setSeats(fields);
    if (this.licenseType === 'PERPETUAL' && this.defaultDuration !== null) {
      throw new InvalidFieldError('/default_duration', 'must be null for a PERPETUAL license, which never expires');
    }
  }

  private setSeats(fields: UpdateTemplateRequest): void {
    if (fields.overage_policy !== undefined) this.overagePolicy = fields.overage_policy;
    if (fields.overage_factor !== undefined) this.overageFactor = fields.overage_factor;
    if (fields.eviction_policy !== undefined) this.evictionPolicy = fields.eviction_policy;
    if (fields.heartbeat_interval_seconds !== undefined)
      this.heartbeatIntervalSeconds = fields.heartbeat_interval_seconds;
    if (fields.heartbeat_grace_seconds !== undefined) this.heartbeatGraceSeconds = fields.heartbeat_grace_seconds;
    if (this.overagePolicy === 'ALLOW' && this.overageFactor === null) {
      throw new InvalidFieldError('/overage_factor', 'is required if overage_policy is ALLOW');
    }
  }
}

function usualDuration({ license_type: type, trial_duration_days: trialDays }: CreateTemplateRequest): number | null {
  if (type === 'PERPETUAL') return null;
  return isTrialType(type) ? trialDays : DEFAULT_DURATION_DAYS;
}
