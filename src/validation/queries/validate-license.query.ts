import { Query } from '@nestjs/cqrs';
import type { ValidateRequest } from '../validation.requests.js';
import type { Origin } from '../request-origin.js';
import type { LicenseKeyCaller } from '../license-key-caller.js';
import type { ValidateResponse } from '../validation.response.js';

/** Validates a license key. Reports failures in the result, never as an error. Writes nothing. */
export class ValidateLicenseQuery extends Query<ValidateResponse> {
  constructor(
    readonly caller: LicenseKeyCaller | undefined,
    readonly request: ValidateRequest,
    readonly origin: Origin,
  ) {
    super();
  }
}
