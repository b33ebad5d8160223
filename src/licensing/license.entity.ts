import { isDeepStrictEqual } from 'node:util';
import { Column, Entity, PrimaryColumn } from 'typeorm';
import { changeBetween, type Change } from '../shared/persistence/change.js';
import { deepFreeze } from '../shared/deep-freeze.js';
import { mergeFreeForm } from '../shared/free-form.js';
import { InvalidFieldError } from '../shared/errors.js';
import type { EventResource } from '../shared/messaging/integration-event.js';
import { newId } from '../shared/random.js';
import { isTrialType, LicenseTerms, TERM_COLUMNS, termOf, type Template, type Term } from '../templates/index.js';
import { addDays, addTerm, isLastDayOfMonth, isRepresentable, laterOf, monthsOf } from './calendar.js';
import { nextDueAt, renewalDueAt } from './license-milestones.js';
import type { IssueLicenseRequest } from './license.requests.js';
import type { NewTerm, UpdateLicenseRequest } from './license-action.requests.js';
import {
  ExpiryTooFarError,
  LicenseFileOutstandingError,
  LicenseNotTrialError,
  LicenseIsTrialError,
  LicenseNeverExpiresError,
  LicenseStateError,
  SubscriptionManagedError,
  TemplateProductMismatchError,
  TemplateIsTrialError,
  TrialNotAllowedError,
} from './license.errors.js';
import {
  assertFirstTerm,
  keptOverrides,
  overrideTerms,
  withCurrentNumbers,
  withoutOverrides,
  type Overrides,
  type OverridesInput,
} from './license-overrides.js';
import { revert, snapshotColumns, snapshotOf } from './license-snapshot.js';
import {
  AFTER_START,
  STARTING,
  TRANSITIONS,
  type LicenseAction,
  type LicenseState,
  type LicenseStatus,
  type StoredStatus,
} from './license-status.js';
import type { JsonObject } from '../shared/json.js';

/** Length of a renewal; without months and days, the term of the license. */
export interface RenewalTerm {
  readonly months?: number | undefined;
  readonly days?: number | undefined;
}

/** Values set by PATCH that a template replaced, by wire name. */
export type ReplacedTerms = Record<string, { before: JsonObject[string]; after: JsonObject[string] }>;

/** Change of a license that may have copied the terms of a template. */
export interface TemplateChange extends Change {
  readonly replaced: ReplacedTerms;
}

export interface TemplateChangeOptions {
  /** Drops the overrides of the license. */
  readonly resetOverrides?: boolean;
  /** Pool that the license moves into; undefined: it stays in its pool, if any. */
  readonly poolId?: string | undefined;
}

/** Terms that a license takes over from its subscription; undefined leaves one as it is. */
export interface FollowedTerms {
  readonly expiryDate?: Date | null | undefined;
  readonly maxActivations?: number | undefined;
  readonly gracePeriodDays: number;
}

/** Ids of the rows of other modules that a license was issued for. */
export interface LicenseOrigin {
  readonly orderId?: string | undefined;
  readonly subscriptionId?: string | undefined;
  readonly poolId?: string | undefined;
  readonly partnerId?: string | undefined;
}

/** Values of an imported license that are not those of its template; undefined: those of the template. */
export interface ImportedTerms {
  readonly externalId?: string | undefined;
  readonly issuedTo?: string | undefined;
  readonly issuedDate?: Date | undefined;
  readonly expiryDate?: Date | null | undefined;
  readonly status?: 'ACTIVE' | 'SUSPENDED' | 'REVOKED' | 'EXPIRED' | undefined;
  readonly trial?: boolean | undefined;
  readonly maxActivations?: number | null | undefined;
  readonly features?: License['features'] | undefined;
  readonly metadata: JsonObject;
  /** Number of active devices. */
  readonly devices: number;
}

/** First term of a license that has not begun. */
export interface AwaitedStart {
  /** Length of a trial; without it, the term of the license. */
  readonly trial_term?: Term;
}

/** The right of one customer to use one product, with its own copy of the template's terms. */
@Entity('licenses')
export class License extends LicenseTerms {
  @PrimaryColumn('uuid', { name: 'license_id' })
  licenseId!: string;

  /** License key sealed with AES-256-GCM; see Secrets.seal. */
  @Column({ type: 'bytea', name: 'license_key_sealed', update: false })
  licenseKeySealed!: Buffer;

  /** Of the current license key. */
  @Column('text', { name: 'license_key_last_four' })
  licenseKeyLastFour!: string;

  @Column('text', { name: 'customer_id' })
  customerId!: string;

  @Column('text', { name: 'template_id' })
  templateId!: string;

  /** Version of the template whose terms were copied. */
  @Column('integer', { name: 'template_version' })
  templateVersion!: number;

  @Column({ type: 'text', name: 'product_id', update: false })
  productId!: string;

  @Column('text', { name: 'product_name' })
  productName!: string;

  /** Version of the stored row, which every write of it changes. Only of a license that was read without a lock, to be written. No column. */
  rowVersion?: string;

  /** Current name of the product; undefined if the license was not read from the database. No column: see LicenseRepository. */
  productDisplayName?: string;

  /** Stored status; see `statusAt` for the current one. */
  @Column('text')
  status!: StoredStatus;

  @Column('text', { name: 'issued_to' })
  issuedTo!: string;

  @Column({ type: 'timestamptz', name: 'issued_date', update: false })
  issuedDate!: Date;

  /** Start of the first term at a time that was named, or by the first activation; null: the issue, or the first activation is awaited. */
  @Column('timestamptz', { name: 'starts_at', nullable: true })
  startsAt!: Date | null;

  /** Set while the license awaits its first activation, with which its first term begins. */
  @Column('jsonb', { name: 'awaited_start', nullable: true })
  awaitedStart!: AwaitedStart | null;

  /**
   * Stored expiry; null: never expires. See `expiryAt` for the current one, which a license has from its start. While the first activation
   * is awaited, the end of the waiting.
   */
  @Column('timestamptz', { name: 'expiry_date', nullable: true })
  expiryDate!: Date | null;

  @Column('timestamptz', { name: 'maintenance_expiry', nullable: true })
  maintenanceExpiry!: Date | null;

  /**
   * Day of the month that renewals by months return to after a shorter month; null: the day of the expiry. An earlier release may have
   * changed the expiry without it, so only `renewalDay` may read it.
   */
  @Column('smallint', { name: 'anchor_day', nullable: true })
  anchorDay!: number | null;

  /** Seats in use when a seat was last taken or freed; leases may have ended since. See SeatCounter. */
  @Column({ type: 'integer', name: 'current_activations', update: false })
  currentActivations!: number;

  /** Devices that are blocked now, so that only licenses that have some look for a device. See LicenseLock. */
  @Column({ type: 'integer', name: 'blocked_devices', update: false })
  blockedDevices!: number;

  @Column('jsonb')
  metadata!: JsonObject;

  /** Whether the license is a trial now. */
  @Column('boolean')
  trial!: boolean;

  /** Customer of the trial that the license was issued as; never changes. Null if it was issued as a full license. */
  @Column({ type: 'text', name: 'trial_customer_id', nullable: true, update: false })
  trialCustomerId!: string | null;

  @Column({ type: 'text', name: 'trial_product_id', nullable: true, update: false })
  trialProductId!: string | null;

  /** Wire names of terms set by PATCH since they were copied from the template. */
  @Column('text', { name: 'edited_terms', array: true })
  editedTerms!: readonly string[];

  /** Terms that differ from those of the template; null: none. The columns of the terms have their values. */
  @Column('jsonb', { nullable: true })
  overrides!: Overrides | null;

  /** Earliest milestone that is not recorded yet; null if there is none. See `milestonesOf`. */
  @Column('timestamptz', { name: 'next_due_at', nullable: true })
  nextDueAt!: Date | null;

  /** End of the last license file, before which the license cannot end; null if none was created. */
  @Column({ type: 'timestamptz', name: 'files_until', nullable: true, update: false })
  filesValidUntil!: Date | null;

  /** Id of the license in the system that it was imported from. */
  @Column({ type: 'text', name: 'external_id', nullable: true, update: false })
  externalId!: string | null;

  @Column({ type: 'uuid', name: 'order_id', nullable: true, update: false })
  orderId!: string | null;

  /** Subscription that the license follows; null: none. A linked license is not renewed automatically. */
  @Column('text', { name: 'subscription_id', nullable: true })
  subscriptionId!: string | null;

  /** Whether a suspension is that of a subscription, which may end it. One by hand ends by hand alone. */
  @Column('boolean', { name: 'held_by_subscription' })
  heldBySubscription!: boolean;

  @Column({ type: 'uuid', name: 'partner_id', nullable: true, update: false })
  partnerId!: string | null;

  /** Pool of the partner that the license counts against. With the template of another pool it may move there. */
  @Column({ type: 'uuid', name: 'pool_id', nullable: true })
  poolId!: string | null;

  /**
   * Creates a license, without license key, with the current terms of the template. A trial lasts `trialDurationDays`, except from a
   * template of a trial type, which issues only trials of its own duration. Throws TrialNotAllowedError, InvalidFieldError,
   * ExpiryTooFarError.
   */
  static issue(
    template: Template,
    request: IssueLicenseRequest,
    customerName: string | undefined,
    now: Date,
    origin: LicenseOrigin = {},
  ): License {
    const isTrialOnly = isTrialType(template.licenseType);
    const trial = request.trial === true || isTrialOnly;
    if (trial && !isTrialOnly && !template.trialAllowed) throw new TrialNotAllowedError(template.templateId);
    // Set field by field; see asInstance.
    const license = new License();
    license.tenantId = template.tenantId;
    license.licenseId = newId();
    license.customerId = request.customer_id;
    license.productId = template.productId;
    license.overrides = request.overrides ? keptOverrides(request.overrides) : null;
    license.copyTermsFrom(template);
    license.status = 'ACTIVE';
    license.issuedTo = request.issued_to ?? customerName ?? `Customer ${request.customer_id}`;
    license.issuedDate = now;
    license.startsAt = license.awaitedStart = null;
    const start = startOf(request, now);
    license.beginTerm(start ?? now, trial ? trialTerm(template) : termOf(license));
    license.currentActivations = 0;
    license.blockedDevices = 0;
    license.metadata = request.overrides?.metadata
      ? mergeFreeForm(request.metadata, request.overrides.metadata, '/overrides/metadata')
      : request.metadata;
    license.trial = trial;
    license.trialCustomerId = trial ? request.customer_id : null;
    license.trialProductId = trial ? template.productId : null;
    license.externalId = null;
    license.orderId = origin.orderId ?? null;
    license.subscriptionId = origin.subscriptionId ?? null;
    license.heldBySubscription = false;
    license.partnerId = origin.partnerId ?? null;
    license.poolId = origin.poolId ?? null;
    license.version = 1;
    license.createdAt = now;
    license.updatedAt = now;
    if (request.overrides) license.overrideFirstTerm(request.overrides, start ?? now);
    if (start !== undefined && start > now) license.startAtTime(start);
    if (start === undefined) license.awaitActivation(request, trial ? { trial_term: trialTerm(template) } : {}, now);
    license.scheduleNext(now);
    return license;
  }

  /**
   * Creates a license as another system had it, by the rules of an issue. Seats, features and an expiry that are not those of the template
   * are overrides. One that has expired is not renewed automatically. Throws TrialNotAllowedError, ExpiryTooFarError, InvalidFieldError.
   */
  static import(
    template: Template,
    imported: ImportedTerms,
    customer: { readonly customerId: string; readonly name?: string | undefined },
    now: Date,
  ): License {
    const { issuedDate = now, expiryDate, status = 'ACTIVE' } = imported;
    const { trial, issuedTo, metadata, externalId, devices } = imported;
    const overrides = overridesOf(template, imported);
    const request = { license_template_id: template.templateId, customer_id: customer.customerId, trial, metadata };
    const license = License.issue(template, { ...request, issued_to: issuedTo, overrides }, customer.name, issuedDate);
    license.externalId = externalId ?? null;
    license.currentActivations = devices;
    license.createdAt = now;
    license.updatedAt = now;
    if (expiryDate !== undefined && expiryDate?.getTime() !== license.expiryDate?.getTime())
      license.overrideFirstTerm({ expiry_date: expiryDate?.toISOString() ?? null }, issuedDate, '');
    const hasExpired = isPast(license.expiryDate, now);
    if (status === 'EXPIRED' && !hasExpired)
      throw new InvalidFieldError('/status', 'must be EXPIRED only with an expiry_date in the past');
    if (hasExpired && license.autoRenewalEnabled) {
      license.autoRenewalEnabled = false;
      license.editedTerms = [...license.editedTerms, 'auto_renewal_enabled'];
    }
    license.assertRepresentable();
    license.status = status === 'EXPIRED' ? 'ACTIVE' : status;
    license.scheduleNext(now);
    return license;
  }

  /** Returns the current status. EXPIRED, also in the grace period, and PENDING follow from the time and are never stored. */
  statusAt(now: Date): LicenseStatus {
    if (this.status !== 'ACTIVE') return this.status;
    if (isPast(this.termEndAt(now), now)) return 'EXPIRED';
    return this.hasStarted(now) ? 'ACTIVE' : 'PENDING';
  }

  /** Tells whether the first term has begun. */
  hasStarted(now: Date): boolean {
    return !this.awaitedStart && (!this.startsAt || this.startsAt <= now);
  }

  /** Tells whether more than one term is left, or, before the start, more than the first one. */
  hasMoreThanOneTerm(now: Date): boolean {
    const { expiryDate, term } = this;
    if (this.awaitedStart || expiryDate === null || term === null) return false;
    return expiryDate > addTerm(laterOf(now, this.startsAt ?? now), term);
  }

  /** Start of the license; null: the first activation, which is awaited. */
  get startOf(): Date | null {
    return this.awaitedStart ? null : (this.startsAt ?? this.issuedDate);
  }

  /** Time at which the license expires if its first activation is still awaited; null: never, or it has started. */
  get waitingEndsAt(): Date | null {
    return this.awaitedStart ? this.expiryDate : null;
  }

  /** Tells whether the license is expired but still validates. A suspended or revoked license has no grace period. */
  isInGrace(now: Date): boolean {
    return this.statusAt(now) === 'EXPIRED' && !isPast(this.graceEndsAt(now), now);
  }

  /** Tells whether the grace period is over, so that reinstating is pointless, unless auto-renewal would follow. */
  isPastGrace(now: Date): boolean {
    const willAutoRenew = this.status === 'SUSPENDED' && this.autoRenews;
    return !willAutoRenew && isPast(this.graceEndsAt(now), now);
  }

  stateAt(now: Date): LicenseState {
    return this.isInGrace(now) ? 'IN_GRACE' : this.statusAt(now);
  }

  /**
   * Returns the current expiry; null: never expires, or has not started. A due auto-renewal counts before it is stored, each by one term.
   * A suspended or revoked license is not renewed.
   */
  expiryAt(now: Date): Date | null {
    const end = this.termEndAt(now);
    return end === null || this.hasStarted(now) || end <= now ? end : null;
  }

  /** Returns the end of the current term, or of the first one before it begins. */
  private termEndAt(now: Date): Date | null {
    let { expiryDate } = this;
    // The time is compared first, because it decides for almost every license and costs least.
    if (this.status !== 'ACTIVE' || expiryDate === null || renewalDueAt(expiryDate) > now) return expiryDate;
    if (!this.hasStarted(now)) return expiryDate;
    const day = this.renewalDay(expiryDate);
    while (renewalDueAt(expiryDate) <= now && this.autoRenewsAfter(expiryDate) && this.term)
      expiryDate = addTerm(expiryDate, this.term, day);
    return expiryDate;
  }

  maintenanceExpiryAt(now: Date): Date | null {
    const expiryDate = this.expiryAt(now);
    return expiryDate === this.expiryDate ? this.maintenanceExpiry : expiryDate;
  }

  /** Returns the current overrides; that of the expiry ends with the first term. */
  overridesAt(now: Date): Overrides | null {
    const { overrides } = this;
    const isRenewed = overrides?.expiry_date !== undefined && this.termEndAt(now) !== this.expiryDate;
    return isRenewed ? withoutOverrides(overrides, ['expiry_date']) : overrides;
  }

  /** Returns the current day that renewals by months return to; null: the day of the expiry. See anchorDay. */
  anchorDayAt(now: Date): number | null {
    const expiryDate = this.expiryAt(now);
    if (expiryDate === null || this.expiryDate === null) return null;
    if (expiryDate !== this.expiryDate && !this.countsMonths) return null;
    const day = this.renewalDay(this.expiryDate);
    return day === expiryDate.getUTCDate() ? null : day;
  }

  /** Returns the end of the grace period; null: never. A trial has no grace period. */
  graceEndsAt(now: Date): Date | null {
    return this.graceEndAfter(this.expiryAt(now));
  }

  /** Tells whether the license is renewed automatically. Trials are not, nor a license whose next term would end after the year 9999. */
  get autoRenews(): boolean {
    return this.autoRenewsAfter(this.expiryDate);
  }

  /** Returns the stored status after the action. Throws LicenseStateError if the transition table has none. */
  assertCan(action: LicenseAction, now: Date): StoredStatus {
    const state = this.stateAt(now);
    const isBeforeStart = state === 'SUSPENDED' && !this.hasStarted(now) && !isPast(this.expiryDate, now);
    if (isBeforeStart && AFTER_START.includes(action)) return this.nextStatus(action, 'PENDING');
    if (state === 'PENDING' && this.startsAt && STARTING.includes(action))
      throw new LicenseStateError(this.licenseId, action, state, this.startsAt);
    return this.nextStatus(action, state);
  }

  private nextStatus(action: LicenseAction, state: LicenseState): StoredStatus {
    const next = TRANSITIONS[action][state];
    if (!next) throw new LicenseStateError(this.licenseId, action, state, state === 'PENDING' ? this.startsAt : null);
    return next;
  }

  /** Starts a license that awaits its first activation; undefined if it has started. Throws LicenseStateError, ExpiryTooFarError. */
  start(now: Date): Change | undefined {
    const { awaitedStart, overrides } = this;
    if (!awaitedStart) return undefined;
    return this.applyAction('start', now, () => {
      this.endWaiting(now);
      const end = overrides?.expiry_date;
      if (end === undefined) this.setTerm(now, awaitedStart.trial_term ?? this.term);
      else this.setExpiry(end === null ? null : new Date(end));
      this.overrides = overrides;
    });
  }

  /**
   * Renews from the expiry, or from now if that has passed, and keeps the status. Renewals by months return to the anchor day. A trial has
   * no default term. Throws LicenseNeverExpiresError, ExpiryTooFarError, InvalidFieldError.
   */
  renew({ months, days }: RenewalTerm, now: Date): Change | undefined {
    return this.applyAction('renew', now, () => {
      if (this.expiryDate === null) throw new LicenseNeverExpiresError(this.licenseId);
      this.endWaiting(now);
      const base = laterOf(now, this.expiryDate);
      const isNamed = months !== undefined || days !== undefined;
      const term = isNamed ? { months, days } : this.trial ? null : this.term;
      if (term === null) {
        throw new InvalidFieldError('', 'must contain months or days: the license has no default duration');
      }
      this.setTerm(base, term, base > this.expiryDate ? base.getUTCDate() : this.renewalDay(this.expiryDate));
    });
  }

  /** Stores the auto-renewals that are due; see expiryAt. */
  applyAutoRenewal(now: Date): Change | undefined {
    const expiryDate = this.expiryAt(now);
    return this.applyAction('renew', now, () => {
      const day = this.expiryDate && this.countsMonths ? this.renewalDay(this.expiryDate) : undefined;
      this.setExpiry(expiryDate, day);
    });
  }

  /**
   * Converts the trial: the full term starts now, with the terms of the template if given; a license of a trial type needs one. Throws
   * LicenseNotTrialError, TemplateProductMismatchError, TemplateIsTrialError, InvalidFieldError, LicenseFileOutstandingError.
   */
  convertTrial(
    now: Date,
    template?: Template,
    { resetOverrides = false, poolId }: TemplateChangeOptions = {},
  ): TemplateChange | undefined {
    return this.withTerms(
      'convert-trial',
      { template, resetOverrides, poolId },
      now,
      () => {
        // Licenses of a trial type with `trial` false, which an earlier release issued, can be converted, too.
        if (!this.trial && !isTrialType(this.licenseType)) throw new LicenseNotTrialError(this.licenseId);
        if (!template && isTrialType(this.licenseType)) {
          throw new InvalidFieldError(
            '/license_template_id',
            `is required: the license is of type ${this.licenseType}`,
          );
        }
        this.trial = false;
        this.endWaiting(now);
      },
      () => {
        this.setTerm(now, this.term);
      },
    );
  }

  /** Suspends the license. By hand a suspension of the subscription can be taken over, so that it no longer ends with its reason. */
  suspend(now: Date, { bySubscription = false } = {}): Change | undefined {
    const takesOver = this.status === 'SUSPENDED' && this.heldBySubscription && !bySubscription;
    return this.applyAction(takesOver ? 'edit' : 'suspend', now, () => {
      this.heldBySubscription = bySubscription;
    });
  }

  /** Reinstates the license with its expiry unchanged, so time in suspension counts. */
  reinstate(now: Date): Change | undefined {
    return this.applyAction('reinstate', now, () => {
      this.heldBySubscription = false;
    });
  }

  /** Revokes the license permanently. */
  revoke(now: Date): Change | undefined {
    return this.applyAction('revoke', now);
  }

  /** Transfers the license. Throws LicenseIsTrialError, because a trial belongs to one customer. */
  transfer(customerId: string, issuedTo: string, now: Date): Change | undefined {
    return this.applyAction('transfer', now, () => {
      if (this.trial) throw new LicenseIsTrialError(this.licenseId);
      this.customerId = customerId;
      this.issuedTo = issuedTo;
    });
  }

  /** Records that another license key replaced the former one. */
  rotateKey(lastFour: string, now: Date): Change | undefined {
    return this.applyAction('rotate-key', now, () => {
      this.licenseKeyLastFour = lastFour;
    });
  }

  /**
   * Applies the current terms of another template of the same product, and the overrides to them. The expiry stays, unless the old or new
   * terms have none and it was not overridden. Throws LicenseIsTrialError, TemplateProductMismatchError, TemplateIsTrialError,
   * LicenseFileOutstandingError, InvalidFieldError.
   */
  changeTemplate(
    template: Template,
    now: Date,
    {
      resetOverrides = false,
      newTerm,
      poolId,
    }: TemplateChangeOptions & { readonly newTerm?: NewTerm | undefined } = {},
  ): TemplateChange | undefined {
    return this.withTerms(
      'change-template',
      { template, resetOverrides, poolId },
      now,
      () => {
        if (this.trial) throw new LicenseIsTrialError(this.licenseId);
      },
      () => {
        if (newTerm && this.hasStarted(now)) return this.beginNewTerm(newTerm, now);
        if (this.awaitedStart || this.overrides?.expiry_date !== undefined) return;
        if (!this.hasStarted(now)) return this.setTerm(this.startsAt ?? now, this.term);
        if (this.term === null) this.setExpiry(null);
        else if (this.expiryDate === null) this.setTerm(now, this.term);
      },
    );
  }

  /**
   * Links the license to a subscription, which then decides its expiry; null unlinks it, also from a revoked license. Either ends
   * auto-renewal. Throws LicenseIsTrialError.
   */
  linkSubscription(subscriptionId: string | null, now: Date): Change | undefined {
    return this.applyAction(subscriptionId === null ? 'unlink' : 'link', now, () => {
      if (subscriptionId !== null && this.trial) throw new LicenseIsTrialError(this.licenseId);
      if (subscriptionId !== this.subscriptionId) this.autoRenewalEnabled = false;
      this.subscriptionId = subscriptionId;
    });
  }

  /** Takes over terms of the subscription; undefined leaves one. The license does not end before its license files. Throws ExpiryTooFarError. */
  follow({ expiryDate, maxActivations, gracePeriodDays }: FollowedTerms, now: Date): Change | undefined {
    return this.applyAction('follow', now, () => {
      if (maxActivations !== undefined) this.maxActivations = maxActivations;
      this.gracePeriodDays = gracePeriodDays;
      if (expiryDate === undefined) return;
      this.endWaiting(now);
      const end = this.notBeforeFiles(expiryDate);
      if (end?.getTime() !== this.expiryDate?.getTime()) this.setExpiry(end);
    });
  }

  /**
   * Edits the license, but never its status. Throws InvalidFieldError, LicenseNeverExpiresError, LicenseFileOutstandingError,
   * SubscriptionManagedError.
   */
  edit(patch: UpdateLicenseRequest, now: Date): Change | undefined {
    if (patch.expiry_date !== undefined) this.assertCan('correct-expiry', now);
    if (patch.auto_renewal_enabled && this.subscriptionId)
      throw new SubscriptionManagedError(this.licenseId, this.subscriptionId);
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

  /** Records a new license file. Returns the change of the latest end of all its license files. */
  recordFile(until: Date): Change {
    const before = this.filesValidUntil;
    this.filesValidUntil = laterOf(before ?? until, until);
    return {
      before: { files_until: before?.toISOString() ?? null },
      after: { files_until: this.filesValidUntil.toISOString() },
    };
  }

  /** Sets the next milestone after `now`; the caller has recorded all earlier ones. */
  scheduleNext(now: Date): void {
    this.nextDueAt = nextDueAt(this, now);
  }

  private correctExpiry(expiryDate: Date, now: Date): void {
    if (this.expiryDate === null) throw new LicenseNeverExpiresError(this.licenseId);
    if (expiryDate <= now) throw new InvalidFieldError('/expiry_date', 'must be in the future');
    this.setExpiry(expiryDate);
  }

  /**
   * Applies an action that the transition table allows, and returns its change; undefined if nothing changed. Throws LicenseStateError,
   * ExpiryTooFarError.
   */
  private applyAction(action: LicenseAction, now: Date, change: () => void = () => undefined): Change | undefined {
    const next = this.assertCan(action, now);
    const [before, state, autoRenewedBefore] = [this.snapshot(now), this.stateAt(now), this.autoRenews];
    change();
    const revives = !autoRenewedBefore && this.autoRenews && isPast(this.expiryDate, now);
    if (revives) this.nextStatus('auto-renew', state);
    this.assertRepresentable();
    if (this.overrides) this.overrides = withCurrentNumbers(this.overrides, this);
    this.status = next;
    // A milestone that passed but is not recorded yet stays due.
    if (this.nextDueAt === null || this.nextDueAt > now) this.scheduleNext(now);
    return this.changedSince(before, this.snapshot(now), now);
  }

  /** Applies an action with the terms of a template, if given. Also returns the values set by PATCH that the template replaced. */
  private withTerms(
    action: LicenseAction,
    { template, resetOverrides, poolId }: TemplateChangeOptions & { readonly template: Template | undefined },
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
      if (resetOverrides) this.overrides = null;
      if (poolId !== undefined) this.poolId = poolId;
      if (template) replaced = this.replaceTerms(template);
      expire();
    });
    return change && { ...change, replaced };
  }

  private replaceTerms(template: Template): ReplacedTerms {
    const [edited, before] = [this.editedTerms, this.editableTerms()];
    this.copyTermsFrom(template);
    const change = changeBetween(before, this.editableTerms());
    const replaced = edited.flatMap((name) => {
      const [was, is] = [change?.before[name], change?.after[name]];
      return was === undefined || is === undefined ? [] : [[name, { before: was, after: is }] as const];
    });
    return Object.fromEntries(replaced);
  }

  /** Returns the terms that `edit` can set. */
  private editableTerms(): JsonObject {
    return {
      max_activations: this.maxActivations,
      grace_period_days: this.gracePeriodDays,
      auto_renewal_enabled: this.autoRenewalEnabled,
    };
  }

  /** Returns the day of the month that renewals from this expiry return to. */
  private renewalDay(expiryDate: Date): number {
    const day = expiryDate.getUTCDate();
    return isLastDayOfMonth(expiryDate) ? Math.max(day, this.anchorDay ?? 0) : day;
  }

  /** Length of one term; null: never expires. */
  private get term(): Term | null {
    return termOf(this);
  }

  /** Sets the end of the first term that the request names at this pointer. Throws InvalidFieldError, ExpiryTooFarError. */
  private overrideFirstTerm({ term, expiry_date: end }: OverridesInput, start: Date, at = '/overrides'): void {
    assertFirstTerm({ term, expiry_date: end }, this, at);
    if (end && new Date(end) <= start)
      throw new InvalidFieldError(
        `${at}/expiry_date`,
        `must be after the start of the license, ${start.toISOString()}`,
      );
    if (end !== undefined) {
      this.setExpiry(end === null ? null : new Date(end));
      this.overrides = { ...this.overrides, expiry_date: end };
    }
    this.assertRepresentable();
  }

  /** Throws ExpiryTooFarError if a wire format cannot represent the end of the license. */
  private assertRepresentable(): void {
    const end = this.graceEndAfter(this.expiryDate);
    if (end !== null && !isRepresentable(end)) throw new ExpiryTooFarError(this.licenseId);
  }

  /** Whether one term of the license is in calendar months. */
  private get countsMonths(): boolean {
    return this.term !== null && monthsOf(this.term) !== undefined;
  }

  /** Lets the license start at a later time. */
  private startAtTime(start: Date): void {
    this.startsAt = start;
    this.assertRepresentable();
  }

  /** Lets the license start with its first activation, at the end of the waiting at the latest. Throws InvalidFieldError. */
  private awaitActivation(
    { expires_if_started_by: until }: IssueLicenseRequest,
    awaited: AwaitedStart,
    now: Date,
  ): void {
    const { overrides } = this;
    const fixedEnd = overrides?.expiry_date ?? undefined;
    if (until !== undefined && new Date(until) <= now)
      throw new InvalidFieldError('/expires_if_started_by', 'must be in the future');
    if (until !== undefined && fixedEnd !== undefined && until > fixedEnd)
      throw new InvalidFieldError('/expires_if_started_by', 'must not be after overrides.expiry_date');
    this.awaitedStart = awaited;
    const end = until ?? fixedEnd;
    this.setExpiry(end === undefined ? null : new Date(end));
    this.overrides = overrides;
  }

  /** Begins the first term of a license that awaits its first activation; its caller sets the expiry. */
  private endWaiting(now: Date): void {
    if (!this.awaitedStart) return;
    this.awaitedStart = null;
    this.startsAt = now;
  }

  /** Sets the expiry to the end of one term, from now or from a later expiry; without a term the license never expires. */
  private beginNewTerm(newTerm: NewTerm, now: Date): void {
    const { expiryDate } = this;
    if (newTerm === 'FROM_EXPIRY' && expiryDate !== null && expiryDate > now)
      this.setTerm(expiryDate, this.term, this.renewalDay(expiryDate));
    else this.setTerm(now, this.term);
  }

  /** Sets the first term; null never ends. */
  private beginTerm(now: Date, term: Term | null): void {
    this.expiryDate = this.filesValidUntil = null;
    this.setTerm(now, term);
  }

  /** Sets the expiry to the end of a term that begins at `start`; `day` is the anchor day of one in months. */
  private setTerm(start: Date, term: Term | null, day = start.getUTCDate()): void {
    if (term === null) this.setExpiry(null);
    else this.setExpiry(addTerm(start, term, day), monthsOf(term) === undefined ? undefined : day);
  }

  /** Sets the expiry; `day` is the anchor day. Throws LicenseFileOutstandingError if the expiry moves before the end of a license file. */
  private setExpiry(expiryDate: Date | null, day?: number): void {
    const { filesValidUntil } = this;
    const isChanged = this.overrides?.expiry_date !== undefined && expiryDate?.getTime() !== this.expiryDate?.getTime();
    const isEarlier = expiryDate !== null && (this.expiryDate === null || expiryDate < this.expiryDate);
    if (isEarlier && filesValidUntil && expiryDate < filesValidUntil)
      throw new LicenseFileOutstandingError(this.licenseId, filesValidUntil);
    this.expiryDate = expiryDate;
    this.maintenanceExpiry = expiryDate;
    this.anchorDay = day === expiryDate?.getUTCDate() ? null : (day ?? null);
    // The override was of the end of another term.
    if (isChanged) this.overrides = withoutOverrides(this.overrides, ['expiry_date']);
  }

  /** Returns the expiry, or the end of the last license file if an earlier expiry would precede that. */
  private notBeforeFiles(expiryDate: Date | null): Date | null {
    const { filesValidUntil: files, expiryDate: current } = this;
    if (expiryDate === null || files === null || expiryDate >= files) return expiryDate;
    return current === null || current >= files ? files : laterOf(expiryDate, current);
  }

  /** Returns the changeable fields by wire name, for events. */
  snapshot(now: Date): JsonObject {
    return snapshotOf(this, SNAPSHOT_COLUMNS, this.statusAt(now));
  }

  /** Restores fields of a snapshot taken before a change. */
  revert(before: JsonObject): void {
    revert(this, SNAPSHOT_COLUMNS, before);
  }

  /** Copies the current terms of the template. */
  private copyTermsFrom(template: Template): void {
    this.editedTerms = [];
    this.templateId = template.templateId;
    this.templateVersion = template.version;
    this.productName = `License for ${template.templateName}`;
    for (const { property } of TERM_COLUMNS) {
      const value = template[property];
      // Frozen, because all licenses issued from the template share these objects.
      const shared = typeof value === 'object' && value !== null ? deepFreeze(value) : value;
      (this as Record<string, unknown>)[property] = shared;
    }
    if (this.subscriptionId) this.autoRenewalEnabled = false;
    // A license that never expires has no term.
    if (this.licenseType === 'PERPETUAL') this.overrides = withoutOverrides(this.overrides, ['term', 'expiry_date']);
    if (this.overrides) overrideTerms(this, this.overrides);
  }

  private autoRenewsAfter(expiryDate: Date | null): expiryDate is Date {
    const { term } = this;
    if (!this.autoRenewalEnabled || this.trial || expiryDate === null || term === null) return false;
    if (this.subscriptionId || this.awaitedStart) return false;
    return isRepresentable(addDays(addTerm(expiryDate, term), this.gracePeriodDays));
  }

  private graceEndAfter(expiryDate: Date | null): Date | null {
    return expiryDate === null || this.trial || this.awaitedStart
      ? expiryDate
      : addDays(expiryDate, this.gracePeriodDays);
  }

  /** Resource of the events of the license, which its partner sees. */
  get eventResource(): EventResource {
    const { licenseId, partnerId } = this;
    return { resourceType: 'license', resourceId: licenseId, licenseId, partnerId };
  }

  /** Returns the context that binds the sealed license key to this license. */
  get sealContext(): readonly string[] {
    return licenseSealContext(this.tenantId, this.licenseId);
  }
}

/** The columns that actions change, without those that follow from others or count changes. */
const SNAPSHOT_COLUMNS = snapshotColumns(License, ['editedTerms', 'nextDueAt', 'version', 'updatedAt']);

export function licenseSealContext(tenantId: string, licenseId: string): readonly string[] {
  return [tenantId, licenseId];
}

/** Returns the terms of an imported license that are not those of the template; undefined: none. */
function overridesOf(template: Template, { maxActivations, features = [] }: ImportedTerms): OverridesInput | undefined {
  const same = (feature: License['features'][number]) =>
    template.features.some((each) => isDeepStrictEqual(each, feature));
  const differing = features.filter((feature) => !same(feature));
  const hasSeats = maxActivations !== undefined && maxActivations !== template.maxActivations;
  if (!hasSeats && differing.length === 0) return undefined;
  return {
    ...(hasSeats && { max_activations: maxActivations }),
    ...(differing.length > 0 && { features: differing }),
  };
}

/** Returns the start that the request names; undefined: the first activation. Throws InvalidFieldError. */
function startOf(
  { starts = 'AT_ISSUE', expires_if_started_by: until }: IssueLicenseRequest,
  now: Date,
): Date | undefined {
  if (starts === 'AT_FIRST_ACTIVATION') return undefined;
  if (until !== undefined)
    throw new InvalidFieldError('/expires_if_started_by', 'must be absent unless starts is AT_FIRST_ACTIVATION');
  if (starts === 'AT_ISSUE') return now;
  const start = new Date(starts);
  if (start <= now) throw new InvalidFieldError('/starts', 'must be in the future');
  return start;
}

/** Returns the length of a trial. A template of a trial type gives it as its term. */
function trialTerm(template: Template): Term {
  const days = { days: template.trialDurationDays };
  return isTrialType(template.licenseType) ? (termOf(template) ?? days) : days;
}

function isPast(end: Date | null, now: Date): boolean {
  return end !== null && end <= now;
}
