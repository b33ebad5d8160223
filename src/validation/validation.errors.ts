import { ForbiddenException } from '@nestjs/common';
import type { Denial } from '../shared/errors.js';
import type { NextAction } from '../shared/http/next-action.js';
import type { JsonObject } from '../shared/json.js';
import { toReasonResponse, type ValidationReason } from './validation-codes.js';

/** The license excludes this location, time, device or product. Carries every reason. */
export class LicenseRestrictedError extends ForbiddenException implements Denial {
  /** Code of the first reason, by which `validate` counts, too. */
  readonly denialCode: string;
  readonly extension: JsonObject;
  readonly nextAction: NextAction | undefined;
  readonly retryAt: Date | undefined;

  constructor(reasons: readonly ValidationReason[]) {
    super(reasons.map(({ detail }) => detail).join(' '), { errorCode: 'LICENSE_RESTRICTED' });
    this.denialCode = reasons[0]?.code ?? 'LICENSE_RESTRICTED';
    const sent = reasons.map(toReasonResponse);
    const { action, after } = sent[0]?.next ?? {};
    this.extension = { reasons: sent };
    this.nextAction = action;
    this.retryAt = after === undefined ? undefined : new Date(after);
  }
}
