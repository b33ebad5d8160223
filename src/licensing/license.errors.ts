import { ConflictException, NotFoundException } from '@nestjs/common';
import type { JsonObject } from '../shared/events/integration-event.js';
import type { LicenseAction, LicenseState } from './license-status.js';

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
  constructor(licenseId: string, action: LicenseAction, state: LicenseState) {
    super(`The license ${licenseId} is ${state}, in which ${action} is not possible.`, { errorCode: 'LICENSE_STATE' });
  }
}

export class TrialNotAllowedError extends ConflictException {
  constructor(templateId: string) {
    super(`The license template ${templateId} allows no trials.`, { errorCode: 'TRIAL_NOT_ALLOWED' });
  }
}

/** A customer tries a product once, whatever became of the trial. */
export class TrialAlreadyUsedError extends ConflictException {
  constructor(cause?: unknown) {
    super('The customer has had a trial of this product.', { cause, errorCode: 'TRIAL_ALREADY_USED' });
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
    super(`The license ${licenseId} would end, with its grace, after the year 9999.`, { errorCode: 'EXPIRY_TOO_FAR' });
  }
}

/** A license file outlives nothing that it was made from: so the license does not end before its files do. */
export class LicenseFileOutError extends ConflictException {
  readonly extension: JsonObject;

  constructor(licenseId: string, until: Date) {
    super(`The license ${licenseId} cannot end before ${until.toISOString()}: a license file is good until then.`, {
      errorCode: 'LICENSE_FILE_OUT',
    });
    this.extension = { files_until: until.toISOString() };
  }
}

export class LicenseIsTrialError extends ConflictException {
  constructor(licenseId: string) {
    super(`The license ${licenseId} is a trial. Convert it first.`, { errorCode: 'LICENSE_IS_TRIAL' });
  }
}

export class LicenseIsNoTrialError extends ConflictException {
  constructor(licenseId: string) {
    super(`The license ${licenseId} is no trial.`, { errorCode: 'LICENSE_IS_NO_TRIAL' });
  }
}

/** A license stays with its product, whose programs know its key. */
export class ProductDiffersError extends ConflictException {
  constructor(templateId: string) {
    super(`The license template ${templateId} is of another product.`, { errorCode: 'PRODUCT_DIFFERS' });
  }
}
