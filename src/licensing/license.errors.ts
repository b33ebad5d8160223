import { ConflictException, NotFoundException } from '@nestjs/common';
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

/** The license is in no state for this; see TRANSITIONS. */
export class LicenseStateError extends ConflictException {
  readonly nextAction: NextAction;

  constructor(licenseId: string, action: LicenseAction, state: LicenseState) {
    super(`Action "${action}" is not allowed while the license ${licenseId} is ${state}.`, {
      errorCode: 'LICENSE_STATE',
    });
    this.nextAction = nextActionIn(state, action);
  }
}

/** Actions of programs, whose users can ask the vendor for what they cannot do. */
const OF_PROGRAMS: readonly LicenseAction[] = ['activate', 'heartbeat', 'use', 'check-out'];

function nextActionIn(state: LicenseState, action: LicenseAction): NextAction {
  if (state === 'EXPIRED' || state === 'IN_GRACE') return 'renew';
  if (OF_PROGRAMS.includes(action)) return state === 'SUSPENDED' ? 'reinstate' : 'contact_vendor';
  // Of a revoked license nothing can be done; what is suspended, or in force, may be what was asked for.
  return state === 'SUSPENDED' && action !== 'suspend' ? 'reinstate' : 'none';
}

export class TrialNotAllowedError extends ConflictException {
  constructor(templateId: string) {
    super(`The license template ${templateId} allows no trials.`, { errorCode: 'TRIAL_NOT_ALLOWED' });
  }
}

/** A customer tries a product once, whatever became of the trial. */
export class TrialAlreadyUsedError extends ConflictException {
  constructor(cause?: unknown) {
    super('The customer has already used a trial of this product.', { cause, errorCode: 'TRIAL_ALREADY_USED' });
  }
}

/** What has no expiry needs no renewal, and has no date to correct. */
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

/** A license file outlives nothing that it was made from: so the license does not end before its files do. */
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

/** A full license becomes no trial, and a trial does not become one by being converted. */
export class TemplateIsTrialError extends ConflictException {
  constructor(templateId: string) {
    super(`The license template ${templateId} is for trials: a license can only be issued from it.`, {
      errorCode: 'TEMPLATE_IS_TRIAL',
    });
  }
}

/** A license stays with its product, whose programs know its key. */
export class TemplateProductMismatchError extends ConflictException {
  constructor(templateId: string) {
    super(`The license template ${templateId} belongs to another product.`, { errorCode: 'TEMPLATE_PRODUCT_MISMATCH' });
  }
}
