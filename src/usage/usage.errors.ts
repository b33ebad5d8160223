import { ConflictException } from '@nestjs/common';
import type { NextAction } from '../shared/http/next-action.js';
import type { JsonObject } from '../shared/json.js';
import type { UsableFeature } from './usable-feature.js';

export class FeatureUnavailableError extends ConflictException {
  constructor(featureId: string, why: string) {
    super(`The feature ${featureId} ${why}.`, { errorCode: 'FEATURE_UNAVAILABLE' });
  }
}

/** Ends a unit of work in which the usage was not changed; the usage is read after it, for the error that the caller gets. */
export class UsageRefusal extends Error {
  constructor(readonly usable: UsableFeature) {
    super('The usage was not changed.');
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
