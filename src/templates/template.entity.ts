import { Column, Entity, PrimaryColumn } from 'typeorm';
import { newId } from '../shared/random.js';
import type { Change } from '../shared/persistence/change.js';
import { mergeFreeForm } from '../shared/free-form.js';
import { InvalidFieldError } from '../shared/errors.js';
import { columnsOf, toJson } from '../shared/persistence/entity-columns.js';
import { isTrialType, LicenseTerms } from './license-terms.js';
import type { CreateTemplateRequest, DuplicateTemplateRequest, TemplatePatch } from './template.requests.js';
import type { JsonObject } from '../shared/json.js';

const DEFAULT_DURATION_DAYS = 365;
const GRACE_DAYS = 30;
const MAX_NAME = 255;

/** Reusable license terms of one product. A license copies them at issue and does not follow later changes. */
@Entity('license_templates')
export class Template extends LicenseTerms {
  @PrimaryColumn('text', { name: 'template_id' })
  templateId!: string;

  @Column('text', { name: 'template_name' })
  templateName!: string;

  @Column({ type: 'text', name: 'product_id', update: false })
  productId!: string;

  @Column('text', { nullable: true })
  description!: string | null;

  @Column('boolean', { name: 'trial_allowed' })
  trialAllowed!: boolean;

  @Column('integer', { name: 'trial_duration_days' })
  trialDurationDays!: number;

  @Column('boolean')
  active!: boolean;

  @Column('jsonb')
  metadata!: JsonObject;

  /** Throws InvalidFieldError if a PERPETUAL template has a term, or there are two. */
  static create(tenantId: string, input: CreateTemplateRequest, now: Date): Template {
    const template = Object.assign(new Template(), Template.newRow(tenantId, now));
    assertOneTerm(input);
    const defaultDuration = input.default_duration === undefined ? usualDuration(input) : input.default_duration;
    template.set({
      ...input,
      template_id: input.template_id ?? newId(),
      ...durationOf({ ...input, default_duration: defaultDuration }),
      grace_period_days: input.grace_period_days ?? (isTrialType(input.license_type) ? 0 : GRACE_DAYS),
      deactivations_per_period: input.deactivations_per_period ?? null,
      self_service_replacement: input.self_service_replacement ?? false,
    });
    return template;
  }

  /** Returns undefined if the patch changes nothing. Throws InvalidFieldError. */
  update(patch: TemplatePatch, now: Date): Change | undefined {
    const before = this.snapshot();
    assertOneTerm(patch);
    this.set({
      ...patch,
      ...durationOf(patch),
      pricing: patch.pricing && mergeFreeForm(this.pricing, patch.pricing, '/pricing'),
      metadata: patch.metadata && mergeFreeForm(this.metadata, patch.metadata, '/metadata'),
    });
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
    return toJson(
      this,
      COLUMNS.filter(({ isUpdatable, property }) => isUpdatable && !NOT_IN_EVENTS.includes(property)),
    );
  }

  /** Sets columns by their wire names. Throws InvalidFieldError. */
  private set(fields: Readonly<Record<string, unknown>>): void {
    for (const [name, value] of Object.entries(fields)) {
      const column = COLUMNS.find((candidate) => candidate.name === name);
      if (!column) throw new TypeError(`A template has no column ${name}.`);
      if (value !== undefined) Object.assign(this, { [column.property]: value });
    }
    if (this.overagePolicy === 'ALLOW' && this.overageFactor === null) {
      throw new InvalidFieldError('/overage_factor', 'is required if overage_policy is ALLOW');
    }
    if (this.licenseType === 'PERPETUAL' && this.defaultDuration !== null) {
      throw new InvalidFieldError('/default_duration', 'must be null for a PERPETUAL license, which never expires');
    }
    if (this.licenseType === 'PERPETUAL' && this.defaultTerm !== null) {
      throw new InvalidFieldError('/default_term', 'must be null for a PERPETUAL license, which never expires');
    }
  }
}

type Durations = Pick<TemplatePatch, 'default_duration' | 'default_term'>;

/** Throws InvalidFieldError if both fields name a term. */
function assertOneTerm({ default_duration: days, default_term: term }: Durations): void {
  if (typeof days === 'number' && term)
    throw new InvalidFieldError('/default_term', 'must not be set together with default_duration');
}

/** Returns both columns, of which one at most has a value, if the request sets one of them. */
function durationOf({ default_duration: days, default_term: term }: Durations): Durations {
  if (term?.days !== undefined) return { default_duration: term.days, default_term: null };
  if (term) return { default_duration: null, default_term: term };
  return term === null || days !== undefined ? { default_duration: days, default_term: null } : {};
}

const COLUMNS = columnsOf(Template);

/** Columns that no request changes, or that count changes. */
const NOT_IN_EVENTS: readonly (keyof Template)[] = ['licenseType', 'licenseModel', 'version', 'updatedAt'];

function usualDuration({ license_type: type, trial_duration_days: trialDays }: CreateTemplateRequest): number | null {
  if (type === 'PERPETUAL') return null;
  return isTrialType(type) ? trialDays : DEFAULT_DURATION_DAYS;
}
