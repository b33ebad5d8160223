import { Query } from '@nestjs/cqrs';
import type { KeyAttempt } from '../../shared/limits/unknown-key-limit.js';
import type { ValidateRequest } from '../validation.requests.js';
import type { Origin } from '../request-origin.js';
import type { ValidateResponse } from '../validation.response.js';

/** Validates a license key. Reports failures in the result, never as an error. Writes nothing. */
export class ValidateLicenseQuery extends Query<ValidateResponse> {
  /** `tenantId` is the tenant of an API key that was sent as well, to which the license must belong. */
  constructor(
    readonly tenantId: string | undefined,
    readonly request: ValidateRequest,
    readonly origin: Origin,
    /** Counts against the limits of unknown keys if the license key is one. */
    readonly attempt?: KeyAttempt,
  ) {
    super();
  }
}
