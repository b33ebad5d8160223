import { Column, Entity, PrimaryColumn } from 'typeorm';
import { changeBetween, type Change } from '../shared/persistence/change.js';
import { deepFreeze } from '../shared/deep-freeze.js';
import { mergeFreeForm } from '../shared/free-form.js';
import { InvalidFieldError } from '../shared/errors.js';
import { newId } from '../shared/random.js';
import { VersionedRow } from '../shared/persistence/versioned-row.js';
import {
  isTrialType,
  type EvictionPolicy,
  type Feature,
  type LicenseModel,
  type LicenseType,
  type OveragePolicy,
  type Restriction,
  type Template,
} from '../templates/index.js';
import { addDays, addMonths, isLastDayOfMonth, isRepresentable, laterOf } from './calendar.js';
import { nextDueAt, renewalDueAt } from './license-milestones.js';
import type { IssueLicenseRequest } from './license.requests.js';
import type { UpdateLicenseRequest } from './license-action.requests.js';
import {
  ExpiryTooFarError,
  LicenseFileOutstandingError,
  LicenseNotTrialError,
  LicenseIsTrialError,
  LicenseNeverExpiresError,
  LicenseStateError,
  TemplateProductMismatchError,
  TemplateIsTrialError,
  TrialNotAllowedError,
} from './license.errors.js';
import {
  TRANSITIONS,
  type LicenseAction,
  type LicenseState,
  type LicenseStatus,
  type StoredStatus,
} from './license-status.js';
import type { JsonObject } from '../shared/json.js';

/** How long a license is renewed for; its own term where neither is given. */
export interface RenewalTerm {
  readonly months?: number | undefined;
  readonly days?: number | undefined;
}

/** Terms that were edited by hand and that a template replaced, each as it was and as it is. */
export type ReplacedTerms = Record<string, { before: JsonObject[string]; after: JsonObject[string] }>;

/** A change of a license that took the terms of a template. */
export interface TemplateChange extends Change {
  readonly replaced: ReplacedTerms;
}

/** The right of one customer to use one product, with its own copy of the template's terms. */
@Entity('licenses')
export class License extends VersionedRow {
  @PrimaryColumn('uuid', { name: 'license_id' })
  licenseId!: string;

  /** The key under AES-256-GCM; see Secrets.seal. */
  @Column({ type: 'bytea', name: 'license_key_sealed', update: false })
  licenseKeySealed!: Buffer;

  @Column({ type: 'text', name: 'license_key_last_four', update: false })
  licenseKeyLastFour!: string;

  @Column('text', { name: 'customer_id' })
  customerId!: string;

  @Column('text', { name: 'template_id' })
  templateId!: string;

  /** The version of the template whose terms were copied. */
  @Column('integer', { name: 'template_version' })
  templateVersion!: number;

  @Column({ type: 'text', name: 'product_id', update: false })
  productId!: string;

  @Column('text', { name: 'product_name' })
  productName!: string;

  /** The product's own name as it is now; undefined for a license that was not read from the database. No column: see LicenseRepository. */
  productDisplayName?: string;

  @Column('text', { name: 'license_type' })
  licenseType!: LicenseType;

  @Column('text', { name: 'license_model' })
  licenseModel!: LicenseModel;

  /** What the row says; see `statusAt` for what the license is. */
  @Column('text')
  status!: StoredStatus;

  @Column('text', { name: 'issued_to' })
  issuedTo!: string;

  @Column({ type: 'timestamptz', name: 'issued_date', update: false })
  issuedDate!: Date;

  /** Null never expires. */
  @Column('timestamptz', { name: 'expiry_date', nullable: true })
  expiryDate!: Date | null;

  @Column('timestamptz', { name: 'maintenance_expiry', nullable: true })
  maintenanceExpiry!: Date | null;

  /**
   * The day of the month that renewals by months return to, where the month of the expiry is too short for it. Null: the day of
   * the expiry. A release before may have moved the expiry without it, so it is read by `renewalDay` alone.
   */
  @Column('smallint', { name: 'anchor_day', nullable: true })
  anchorDay!: number | null;

  /** Days of one term; null never expires. */
  @Column('integer', { name: 'default_duration', nullable: true })
  defaultDuration!: number | null;

  @Column('integer', { name: 'grace_period_days' })
  gracePeriodDays!: number;

  @Column('boolean', { name: 'auto_renewal_enabled' })
  autoRenewalEnabled!: boolean;

  /** Null is unlimited. */
  @Column('integer', { name: 'max_activations', nullable: true })
  maxActivations!: number | null;

  /** Seats in use, as they were when one was last taken or given back: leases may have ended since. See LicenseSeats. */
  @Column({ type: 'integer', name: 'current_activations', update: false })
  currentActivations!: number;

  @Column('text', { name: 'overage_policy' })
  overagePolicy!: OveragePolicy;

  /** How far beyond the limit an ALLOW goes. */
  @Column('double precision', { name: 'overage_factor', nullable: true })
  overageFactor!: number | null;

  @Column('text', { name: 'eviction_policy' })
  evictionPolicy!: EvictionPolicy;

  @Column('integer', { name: 'heartbeat_interval_seconds' })
  heartbeatIntervalSeconds!: number;

  @Column('integer', { name: 'heartbeat_grace_seconds' })
  heartbeatGraceSeconds!: number;

  /** Seconds that a license file may be good; null is as long as any may. */
  @Column('integer', { name: 'file_ttl_max_seconds', nullable: true })
  fileTtlMaxSeconds!: number | null;

  @Column('jsonb')
  features!: Feature[];

  @Column('jsonb')
  restrictions!: Restriction[];

  @Column('jsonb')
  pricing!: JsonObject;

  @Column('jsonb')
  metadata!: JsonObject;

  /** Whether it is a trial now. */
  @Column('boolean')
  trial!: boolean;

  /** Whose trial of what it began as, for ever; null for a license that began as a full one. */
  @Column({ type: 'text', name: 'trial_customer_id', nullable: true, update: false })
  trialCustomerId!: string | null;

  @Column({ type: 'text', name: 'trial_product_id', nullable: true, update: false })
  trialProductId!: string | null;

  /** Terms that were edited by hand since they were copied from the template, by their wire names. */
  @Column('text', { name: 'edited_terms', array: true })
  editedTerms!: readonly string[];

  /** The earliest moment that is not yet in the log; see `momentsOf`. Null when time does nothing to it. */
  @Column('timestamptz', { name: 'next_due_at', nullable: true })
  nextDueAt!: Date | null;

  /** Some license file of it is good until then: it cannot end before. Null when none was ever signed. */
  @Column({ type: 'timestamptz', name: 'files_until', nullable: true, update: false })
  filesUntil!: Date | null;

  /**
   * A license on the template's terms as they are now, for a trial of its length. A template of a trial type gives trials alone, of its
   * own duration. The license has no key yet. Throws TrialNotAllowedError.
   */
  static issue(template: Template, order: IssueLicenseRequest, customerName: string | undefined, now: Date): License {
    const isTrialOnly = isTrialType(template.licenseType);
    const trial = order.trial === true || isTrialOnly;
    if (trial && !isTrialOnly && !template.trialAllowed) throw new TrialNotAllowedError(template.templateId);
    const ownDays = isTrialOnly ? (template.defaultDuration ?? template.trialDurationDays) : template.defaultDuration;
    const days = trial && !isTrialOnly ? template.trialDurationDays : ownDays;
    const expiryDate = days === null ? null : addDays(now, days);
    // Field by field: see asInstance.
    const license = new License();
    license.tenantId = template.tenantId;
    license.licenseId = newId();
    license.customerId = order.customer_id;
    license.productId = template.productId;
    license.copyTermsFrom(template);
    license.status = 'ACTIVE';
    license.issuedTo = order.issued_to ?? customerName ?? `Customer ${order.customer_id}`;
    license.issuedDate = now;
    license.expiryDate = expiryDate;
    license.maintenanceExpiry = expiryDate;
    license.anchorDay = null;
    license.currentActivations = 0;
    license.metadata = order.metadata;
    license.trial = trial;
    license.trialCustomerId = trial ? order.customer_id : null;
    license.trialProductId = trial ? template.productId : null;
    license.filesUntil = null;
    license.version = 1;
    license.createdAt = now;
    license.updatedAt = now;
    license.scheduleNext(now);
    return license;
  }

  /** Never cached and never written: EXPIRED follows from the time, and within grace too. */
  statusAt(now: Date): LicenseStatus {
    return this.status === 'ACTIVE' && isPast(this.expiryAt(now), now) ? 'EXPIRED' : this.status;
  }

  /** Expired, and still usable while its grace lasts. What is suspended or revoked has none. */
  isInGrace(now: Date): boolean {
    return this.statusAt(now) === 'EXPIRED' && !isPast(this.graceEndsAt(now), now);
  }

  /** Its grace too: it would be reinstated in vain, unless it renews itself by that. */
  isPastGrace(now: Date): boolean {
    const goesOn = this.status === 'SUSPENDED' && this.autoRenews;
    return !goesOn && isPast(this.graceEndsAt(now), now);
  }

  stateAt(now: Date): LicenseState {
    return this.isInGrace(now) ? 'IN_GRACE' : this.statusAt(now);
  }

  /**
   * Null never expires. What renews itself has done so by the time it is read, from expiry to expiry by its own term, whether or
   * not that stands in the row yet. What is suspended or revoked does not.
   */
  expiryAt(now: Date): Date | null {
    let { expiryDate } = this;
    while (this.status === 'ACTIVE' && this.autoRenewsAfter(expiryDate) && renewalDueAt(expiryDate) <= now) {
      expiryDate = addDays(expiryDate, this.defaultDuration ?? 0);
    }
    return expiryDate;
  }

  maintenanceExpiryAt(now: Date): Date | null {
    const expiryDate = this.expiryAt(now);
    return expiryDate === this.expiryDate ? this.maintenanceExpiry : expiryDate;
  }

  /** See anchorDay. */
  anchorDayAt(now: Date): number | null {
    const expiryDate = this.expiryAt(now);
    if (expiryDate === null || expiryDate !== this.expiryDate) return null;
    const day = this.renewalDay(expiryDate);
    return day === expiryDate.getUTCDate() ? null : day;
  }

  /** From then on it cannot be used any more. Null never comes. A trial ends when it ends. */
  graceEndsAt(now: Date): Date | null {
    return this.graceEndAfter(this.expiryAt(now));
  }

  /** Whether its term begins anew by itself, as long as years can be written. A trial ends instead. */
  get autoRenews(): boolean {
    return this.autoRenewsAfter(this.expiryDate);
  }

  /** What the row says after the action. Throws LicenseStateError where the table of transitions has none. */
  assertCan(action: LicenseAction, now: Date): StoredStatus {
    return this.nextStatus(action, this.stateAt(now));
  }

  private nextStatus(action: LicenseAction, state: LicenseState): StoredStatus {
    const next = TRANSITIONS[action][state];
    if (!next) throw new LicenseStateError(this.licenseId, action, state);
    return next;
  }

  /**
   * From the expiry on, or from now where that has passed. Months return to the day that the expiry had before a shorter month moved
   * it: three times one month is one times three. What is suspended stays so. A trial has no term of its own: it is
   * extended by what is named, and stays one. Throws LicenseNeverExpiresError, ExpiryTooFarError, InvalidFieldError.
   */
  renew({ months, days }: RenewalTerm, now: Date): Change | undefined {
    return this.applyAction('renew', now, () => {
      if (this.expiryDate === null) throw new LicenseNeverExpiresError(this.licenseId);
      const base = laterOf(now, this.expiryDate);
      const ownTerm = this.trial ? null : this.defaultDuration;
      const length = days ?? ownTerm;
      if (months === undefined && length === null) {
        throw new InvalidFieldError('', 'must contain months or days: the license has no default duration');
      }
      if (months === undefined) return this.setExpiry(addDays(base, length ?? 0));
      const day = base > this.expiryDate ? base.getUTCDate() : this.renewalDay(this.expiryDate);
      this.setExpiry(addMonths(base, months, day), day);
    });
  }

  /** Writes down what it has done by itself; see expiryAt. */
  applyAutoRenewal(now: Date): Change | undefined {
    const expiryDate = this.expiryAt(now);
    return this.applyAction('renew', now, () => {
      this.setExpiry(expiryDate);
    });
  }

  /**
   * Its own term begins now, by the terms of another template of its product where one is named. What is of a trial type needs one.
   * Throws LicenseNotTrialError, TemplateProductMismatchError, TemplateIsTrialError, InvalidFieldError, LicenseFileOutstandingError.
   */
  convertTrial(now: Date, template?: Template): TemplateChange | undefined {
    return this.withTerms(
      'convert-trial',
      template,
      now,
      () => {
        // Licenses of a trial type that an earlier release issued as full ones have no other way to become full.
        if (!this.trial && !isTrialType(this.licenseType)) throw new LicenseNotTrialError(this.licenseId);
        if (!template && isTrialType(this.licenseType)) {
          throw new InvalidFieldError(
            '/license_template_id',
            `is required: the license is of type ${this.licenseType}`,
          );
        }
        this.trial = false;
      },
      () => {
        this.setExpiry(this.defaultDuration === null ? null : addDays(now, this.defaultDuration));
      },
    );
  }

  suspend(now: Date): Change | undefined {
    return this.applyAction('suspend', now);
  }

  /** As it was before it was suspended, but for the time that has passed. */
  reinstate(now: Date): Change | undefined {
    return this.applyAction('reinstate', now);
  }

  /** For ever. */
  revoke(now: Date): Change | undefined {
    return this.applyAction('revoke', now);
  }

  /** Throws LicenseIsTrialError: a trial is its customer's. */
  transfer(customerId: string, issuedTo: string, now: Date): Change | undefined {
    return this.applyAction('transfer', now, () => {
      if (this.trial) throw new LicenseIsTrialError(this.licenseId);
      this.customerId = customerId;
      this.issuedTo = issuedTo;
    });
  }

  /**
   * The terms of another template of the same product, as they are now. The time that was paid for is kept: the expiry stays,
   * except where the terms have none, or the license had none. Throws LicenseIsTrialError, TemplateProductMismatchError,
   * TemplateIsTrialError, LicenseFileOutstandingError.
   */
  changeTemplate(template: Template, now: Date): TemplateChange | undefined {
    return this.withTerms(
      'change-template',
      template,
      now,
      () => {
        if (this.trial) throw new LicenseIsTrialError(this.licenseId);
      },
      () => {
        if (template.defaultDuration === null) this.setExpiry(null);
        else if (this.expiryDate === null) this.setExpiry(addDays(now, template.defaultDuration));
      },
    );
  }

  /** Never the status. Throws InvalidFieldError, LicenseNeverExpiresError, LicenseFileOutstandingError. */
  edit(patch: UpdateLicenseRequest, now: Date): Change | undefined {
    if (patch.expiry_date !== undefined) this.assertCan('correct-expiry', now);
    return this.applyAction('edit', now, () => {
      if (patch.metadata) this.metadata = mergeFreeForm(this.metadata, patch.metadata, '/metadata');
      if (patch.issued_to !== undefined) this.issuedTo = patch.issued_to;
      const before = this.editableTerms();
      if (patch.max_activations !== undefined) this.maxActivations = patch.max_activations;
      if (patch.grace_period_days !== undefined) this.gracePeriodDays = patch.grace_period_days;
      if (patch.auto_renewal_enabled !== undefined) this.autoRenewalEnabled = patch.auto_renewal_enabled;
      const edited = Object.keys(changeBetween(before, this.editableTerms())?.after ?? {});
      this.editedTerms = [...new Set([...this.editedTerms, ...edited])];
      if (patch.expiry_date !== undefined) this.correctExpiry(new Date(patch.expiry_date), now);
    });
  }

  /** Some file of it is good until then. Says what that makes of the latest of all. */
  recordFile(until: Date): Change {
    const before = this.filesUntil;
    this.filesUntil = laterOf(before ?? until, until);
    return {
      before: { files_until: before?.toISOString() ?? null },
      after: { files_until: this.filesUntil.toISOString() },
    };
  }

  /** All that was due until now is done. */
  scheduleNext(now: Date): void {
    this.nextDueAt = nextDueAt(this, now);
  }

  private correctExpiry(expiryDate: Date, now: Date): void {
    if (this.expiryDate === null) throw new LicenseNeverExpiresError(this.licenseId);
    if (expiryDate <= now) throw new InvalidFieldError('/expiry_date', 'must be in the future');
    this.setExpiry(expiryDate);
  }

  /**
   * Does what the table of transitions allows, and says what it changed; undefined when that is nothing. Throws
   * LicenseStateError, ExpiryTooFarError.
   */
  private applyAction(action: LicenseAction, now: Date, change: () => void = () => undefined): Change | undefined {
    const next = this.assertCan(action, now);
    const [before, state, renewedItself] = [this.snapshot(now), this.stateAt(now), this.autoRenews];
    change();
    const revives = !renewedItself && this.autoRenews && isPast(this.expiryDate, now);
    if (revives) this.nextStatus('auto-renew', state);
    const end = this.graceEndAfter(this.expiryDate);
    if (end !== null && !isRepresentable(end)) throw new ExpiryTooFarError(this.licenseId);
    this.status = next;
    // What has passed and is not in the log yet stays due.
    if (this.nextDueAt === null || this.nextDueAt > now) this.scheduleNext(now);
    return this.changedSince(before, this.snapshot(now), now);
  }

  /** Applies an action with the terms of a template, where one is given, and returns also the values set by hand that these replaced. */
  private withTerms(
    action: LicenseAction,
    template: Template | undefined,
    now: Date,
    check: () => void,
    expire: () => void,
  ): TemplateChange | undefined {
    let replaced: ReplacedTerms = {};
    const change = this.applyAction(action, now, () => {
      check();
      if (template && template.productId !== this.productId)
        throw new TemplateProductMismatchError(template.templateId);
      if (template && isTrialType(template.licenseType)) throw new TemplateIsTrialError(template.templateId);
      if (template) replaced = this.replaceTerms(template);
      expire();
    });
    return change && { ...change, replaced };
  }

  private replaceTerms(template: Template): ReplacedTerms {
    const [edited, before] = [this.editedTerms, this.editableTerms()];
    this.copyTermsFrom(template);
    const change = changeBetween(before, this.editableTerms());
    const pairs = edited.flatMap((name) => {
      const [was, is] = [change?.before[name], change?.after[name]];
      return was === undefined || is === undefined ? [] : [[name, { before: was, after: is }] as const];
    });
    return Object.fromEntries(pairs);
  }

  /** Terms that `edit` sets. */
  private editableTerms(): JsonObject {
    return {
      max_activations: this.maxActivations,
      grace_period_days: this.gracePeriodDays,
      auto_renewal_enabled: this.autoRenewalEnabled,
    };
  }

  /** The day of the month that renewals from this expiry return to. */
  private renewalDay(expiryDate: Date): number {
    const day = expiryDate.getUTCDate();
    return isLastDayOfMonth(expiryDate) ? Math.max(day, this.anchorDay ?? 0) : day;
  }

  /**
   * On this day of the month, unless that is too short for it. Throws LicenseFileOutstandingError where it would end earlier than it does, and
   * than a file of it.
   */
  private setExpiry(expiryDate: Date | null, day?: number): void {
    const { filesUntil } = this;
    const isEarlier = expiryDate !== null && (this.expiryDate === null || expiryDate < this.expiryDate);
    if (isEarlier && filesUntil && expiryDate < filesUntil)
      throw new LicenseFileOutstandingError(this.licenseId, filesUntil);
    this.expiryDate = expiryDate;
    this.maintenanceExpiry = expiryDate;
    this.anchorDay = day === expiryDate?.getUTCDate() ? null : (day ?? null);
  }

  /** Takes back what a change did: what it was before, in wire names. EXPIRED is no status of the row. */
  revert({ status, ...before }: JsonObject): void {
    if (status !== undefined) this.status = status === 'EXPIRED' ? 'ACTIVE' : (status as StoredStatus);
    for (const [name, value] of Object.entries(before)) {
      const isTime = name === 'expiry_date' || name === 'maintenance_expiry';
      const property = name.replace(/_([a-z])/g, (_, letter: string) => letter.toUpperCase());
      Object.assign(this, { [property]: isTime && typeof value === 'string' ? new Date(value) : value });
    }
  }

  /** What can change, in wire names, as it is written down. */
  snapshot(now: Date): JsonObject {
    return {
      status: this.statusAt(now),
      trial: this.trial,
      customer_id: this.customerId,
      issued_to: this.issuedTo,
      template_id: this.templateId,
      template_version: this.templateVersion,
      product_name: this.productName,
      license_type: this.licenseType,
      license_model: this.licenseModel,
      expiry_date: this.expiryDate?.toISOString() ?? null,
      maintenance_expiry: this.maintenanceExpiry?.toISOString() ?? null,
      anchor_day: this.anchorDay,
      default_duration: this.defaultDuration,
      grace_period_days: this.gracePeriodDays,
      auto_renewal_enabled: this.autoRenewalEnabled,
      max_activations: this.maxActivations,
      overage_policy: this.overagePolicy,
      overage_factor: this.overageFactor,
      eviction_policy: this.evictionPolicy,
      heartbeat_interval_seconds: this.heartbeatIntervalSeconds,
      heartbeat_grace_seconds: this.heartbeatGraceSeconds,
      file_ttl_max_seconds: this.fileTtlMaxSeconds,
      features: this.features,
      restrictions: this.restrictions,
      pricing: this.pricing,
      metadata: this.metadata,
    };
  }

  /** A copy of what the template says as it is now. */
  private copyTermsFrom(template: Template): void {
    this.editedTerms = [];
    this.templateId = template.templateId;
    this.templateVersion = template.version;
    this.productName = `License for ${template.templateName}`;
    this.licenseType = template.licenseType;
    this.licenseModel = template.licenseModel;
    this.defaultDuration = template.defaultDuration;
    this.gracePeriodDays = template.gracePeriodDays;
    this.autoRenewalEnabled = template.autoRenewalEnabled;
    this.maxActivations = template.maxActivations;
    this.overagePolicy = template.overagePolicy;
    this.overageFactor = template.overageFactor;
    this.evictionPolicy = template.evictionPolicy;
    this.heartbeatIntervalSeconds = template.heartbeatIntervalSeconds;
    this.heartbeatGraceSeconds = template.heartbeatGraceSeconds;
    this.fileTtlMaxSeconds = template.fileTtlMaxSeconds;
    // Shared by all that is issued from it.
    this.features = deepFreeze(template.features);
    this.restrictions = deepFreeze(template.restrictions);
    this.pricing = deepFreeze(template.pricing);
  }

  private autoRenewsAfter(expiryDate: Date | null): expiryDate is Date {
    const { defaultDuration } = this;
    if (!this.autoRenewalEnabled || this.trial || expiryDate === null || defaultDuration === null) return false;
    return isRepresentable(addDays(expiryDate, defaultDuration + this.gracePeriodDays));
  }

  private graceEndAfter(expiryDate: Date | null): Date | null {
    return expiryDate === null || this.trial ? expiryDate : addDays(expiryDate, this.gracePeriodDays);
  }

  /** What the seal of this license's key is bound to. */
  get sealContext(): readonly string[] {
    return licenseSealContext(this.tenantId, this.licenseId);
  }
}

export function licenseSealContext(tenantId: string, licenseId: string): readonly string[] {
  return [tenantId, licenseId];
}

function isPast(end: Date | null, now: Date): boolean {
  return end !== null && end <= now;
}
