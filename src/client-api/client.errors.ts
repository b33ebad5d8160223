import { ConflictException, ForbiddenException, NotFoundException } from '@nestjs/common';
import type { JsonObject } from '../shared/events/integration-event.js';
import type { Reason } from './codes.js';

/** One answer to a key that is malformed, that nobody has, and that is another tenant's. */
export class UnknownLicenseKeyError extends NotFoundException {
  constructor() {
    super('There is no license with this key.', { errorCode: 'LICENSE_NOT_FOUND' });
  }
}

/** The license is not for this place, time, device or product. Carries every reason. */
export class LicenseRestrictedError extends ForbiddenException {
  readonly extension: JsonObject;

  constructor(reasons: readonly Reason[]) {
    super(reasons.map(({ detail }) => detail).join(' '), { errorCode: 'LICENSE_RESTRICTED' });
    this.extension = { reasons: reasons.map(({ code, detail }) => ({ code, detail })) };
  }
}

export class FeatureUnavailableError extends ConflictException {
  constructor(featureId: string, why: string) {
    super(`The feature ${featureId} ${why}.`, { errorCode: 'FEATURE_UNAVAILABLE' });
  }
}

/** Nothing was consumed. Carries what is in use, and the limit. */
export class UsageExceededError extends ConflictException {
  readonly extension: JsonObject;

  constructor(featureId: string, used: number, limit: number) {
    super(`Of ${limit} of the feature ${featureId}, ${used} are used.`, { errorCode: 'USAGE_EXCEEDED' });
    this.extension = { used, limit_value: limit };
  }
}

/** Nothing was released. */
export class UsageNotHeldError extends ConflictException {
  readonly extension: JsonObject;

  constructor(featureId: string, used: number) {
    super(`Of the feature ${featureId} only ${used} are used, so more cannot be released.`, {
      errorCode: 'USAGE_NOT_HELD',
    });
    this.extension = { used };
  }
}
