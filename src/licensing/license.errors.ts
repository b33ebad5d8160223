import { ConflictException, ForbiddenException, HttpException, NotFoundException } from '@nestjs/common';
import type { Denial } from '../shared/errors.js';
import type { NextAction } from '../shared/http/next-action.js';
import type { LicenseAction, LicenseState } from './license-status.js';
import type { JsonObject } from '../shared/json.js';

export class LicenseNotFoundError extends NotFoundException {
  constructor(licenseId: string) {
    super(`There is no license ${licenseId}.`, { errorCode: 'LICENSE_NOT_FOUND' });
  }
}

export class TemplateInactiveError extends ConflictException {
  constructor(templateId: string) {
    super(`The license template ${templateId} is archived.`, { errorCode: 'TEMPLATE_INACTIVE' });
  }
}

export class ProductInactiveError extends ConflictException {
  constructor(productId: string) {
    super(`The product ${productId} is archived.`, { errorCode: 'PRODUCT_INACTIVE' });
  }
}

/** The state of the license does not allow the action; see TRANSITIONS. */
export class LicenseStateError extends ConflictException implements Denial {
  readonly nextAction: NextAction;
  /** Code that `validate` has for the state. */
  readonly denialCode: string;

  /** `retryAt` is the start of a license that starts at a time. */
  constructor(
    licenseId: string,
    action: LicenseAction,
    state: LicenseState,
    readonly retryAt: Date | null = null,
  ) {
    super(`Action "${action}" is not allowed while the license ${licenseId} is ${state}.`, {
      errorCode: 'LICENSE_STATE',
    });
    this.denialCode = DENIAL_CODES[state] ?? state;
    this.nextAction = state === 'PENDING' ? (retryAt ? 'retry' : 'activate') : nextActionIn(state, action);
  }
}

/** Codes of validation for states that have another name. No file is made in the grace period, because the term is over. */
const DENIAL_CODES: Readonly<Partial<Record<LicenseState, string>>> = {
  PENDING: 'NOT_STARTED',
  INACTIVE: 'NOT_ACTIVE',
  IN_GRACE: 'EXPIRED',
};

/** Actions of programs, whose users contact the vendor if the license does not allow them. */
const PROGRAM_ACTIONS: readonly LicenseAction[] = ['activate', 'heartbeat', 'use', 'check-out'];

function nextActionIn(state: LicenseState, action: LicenseAction): NextAction {
  if (state === 'EXPIRED' || state === 'IN_GRACE') return 'renew';
  if (PROGRAM_ACTIONS.includes(action)) return state === 'SUSPENDED' ? 'reinstate' : 'contact_vendor';
  // A revoked license allows no action. A license that is suspended or in force may already be as requested.
  return state === 'SUSPENDED' && action !== 'suspend' ? 'reinstate' : 'none';
}

/** One of several licenses that are issued together could not be issued, so none is. `index` counts from 0. */
export class LicenseRefusedError extends HttpException {
  constructor(
    readonly index: number,
    override readonly cause: HttpException,
  ) {
    super(`License ${index + 1}: ${cause.message}`, cause.getStatus(), { cause, errorCode: cause.errorCode });
  }
}

/** The pool of the license does not allow this to the key of its partner. */
export class NotAllowedByPoolError extends ForbiddenException {
  constructor(action: string) {
    super(`The license pool does not allow a partner to ${action}.`, { errorCode: 'POOL_NOT_ALLOWED' });
  }
}

export class TrialNotAllowedError extends ConflictException {
  constructor(templateId: string) {
    super(`The license template ${templateId} allows no trials.`, { errorCode: 'TRIAL_NOT_ALLOWED' });
  }
}

/** A customer has one trial per product, even if the trial was revoked or converted. */
export class TrialAlreadyUsedError extends ConflictException {
  constructor(cause?: unknown) {
    super('The customer has already used a trial of this product.', { cause, errorCode: 'TRIAL_ALREADY_USED' });
  }
}

/** A license without expiry can be neither renewed nor given another expiry. */
export class LicenseNeverExpiresError extends ConflictException {
  constructor(licenseId: string) {
    super(`The license ${licenseId} never expires.`, { errorCode: 'LICENSE_NEVER_EXPIRES' });
  }
}

export class ExpiryTooFarError extends ConflictException {
  constructor(licenseId: string) {
    super(`The license ${licenseId} would end after the year 9999, grace period included.`, {
      errorCode: 'EXPIRY_TOO_FAR',
    });
  }
}

/** A license must not end before its license files, because those would outlive it. */
export class LicenseFileOutstandingError extends ConflictException {
  readonly extension: JsonObject;

  constructor(
    licenseId: string,
    readonly retryAt: Date,
  ) {
    const until = retryAt;
    super(`The license ${licenseId} cannot end before ${until.toISOString()}: a license file is valid until then.`, {
      errorCode: 'LICENSE_FILE_OUTSTANDING',
    });
    this.extension = { files_until: until.toISOString() };
  }
}

/** The oldest license key of those that are kept still works, so that no more can be replaced with an overlap. */
export class KeyOverlapRunningError extends ConflictException {
  constructor(
    licenseId: string,
    kept: number,
    readonly retryAt: Date,
  ) {
    super(
      `The license ${licenseId} has ${kept} former license keys, the oldest of which works until ${retryAt.toISOString()}. Rotate after that, or with overlap_seconds 0, which ends them all.`,
      { errorCode: 'KEY_OVERLAP_RUNNING' },
    );
  }
}

/** The expiry of a linked license follows the paid period. */
export class SubscriptionManagedError extends ConflictException {
  constructor(licenseId: string, subscriptionId: string) {
    super(`The license ${licenseId} is renewed by its subscription ${subscriptionId}, not by itself.`, {
      errorCode: 'SUBSCRIPTION_MANAGED',
    });
  }
}

export class LicenseIsTrialError extends ConflictException {
  constructor(licenseId: string) {
    super(`The license ${licenseId} is a trial. Convert it first.`, { errorCode: 'LICENSE_IS_TRIAL' });
  }
}

export class LicenseNotTrialError extends ConflictException {
  constructor(licenseId: string) {
    super(`The license ${licenseId} is not a trial.`, { errorCode: 'LICENSE_NOT_TRIAL' });
  }
}

/** A template of a trial type cannot replace the terms of a license. */
export class TemplateIsTrialError extends ConflictException {
  constructor(templateId: string) {
    super(`The license template ${templateId} is for trials: a license can only be issued from it.`, {
      errorCode: 'TEMPLATE_IS_TRIAL',
    });
  }
}

/** A license stays with its product, because the programs of that product have its license key. */
export class TemplateProductMismatchError extends ConflictException {
  constructor(templateId: string) {
    super(`The license template ${templateId} belongs to another product.`, { errorCode: 'TEMPLATE_PRODUCT_MISMATCH' });
  }
}
