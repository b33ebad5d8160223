import { ConflictException, ForbiddenException, NotFoundException } from '@nestjs/common';
import type { NextAction } from '../shared/http/next-action.js';
import { toReasonResponse, type ValidationReason } from './validation-codes.js';
import type { JsonObject } from '../shared/json.js';

/** One response to a malformed, an unknown and another tenant's license key, so that none of them can be told apart. */
export class UnknownLicenseKeyError extends NotFoundException {
  constructor() {
    super('There is no license with this key.', { errorCode: 'LICENSE_NOT_FOUND' });
  }
}

/** The license excludes this location, time, device or product. Carries every reason. */
export class LicenseRestrictedError extends ForbiddenException {
  readonly extension: JsonObject;
  readonly nextAction: NextAction | undefined;
  readonly retryAt: Date | undefined;

  constructor(reasons: readonly ValidationReason[]) {
    super(reasons.map(({ detail }) => detail).join(' '), { errorCode: 'LICENSE_RESTRICTED' });
    const sent = reasons.map(toReasonResponse);
    const { action, after } = sent[0]?.next ?? {};
    this.extension = { reasons: sent };
    this.nextAction = action;
    this.retryAt = after === undefined ? undefined : new Date(after);
  }
}

export class FeatureUnavailableError extends ConflictException {
  constructor(featureId: string, why: string) {
    super(`The feature ${featureId} ${why}.`, { errorCode: 'FEATURE_UNAVAILABLE' });
  }
}

/** Nothing was consumed. Carries the current usage and the limit. */
export class UsageExceededError extends ConflictException {
  readonly extension: JsonObject;

  constructor(
    featureId: string,
    used: number,
    limit: number,
    readonly retryAt: Date | null = null,
  ) {
    super(`Not enough usage left for ${featureId}: ${used} of ${limit} used.`, { errorCode: 'USAGE_EXCEEDED' });
    this.extension = { used, limit_value: limit };
  }

  get nextAction(): NextAction {
    return this.retryAt ? 'retry' : 'contact_vendor';
  }
}

/** Nothing was released. */
export class UsageNotHeldError extends ConflictException {
  readonly extension: JsonObject;

  constructor(featureId: string, used: number) {
    super(`Cannot release more of ${featureId} than is used (${used}).`, {
      errorCode: 'USAGE_NOT_HELD',
    });
    this.extension = { used };
  }
}
