import { Query } from '@nestjs/cqrs';
import type { ValidateRequest } from '../client.requests.js';
import type { Origin } from '../client.guard.js';
import type { LicenseKeyCaller } from '../license-key.guard.js';
import type { ValidateResponse } from '../client.response.js';

/** Whether a program may run. Never an error: what is wrong stands in the answer. Writes nothing. */
export class ValidateLicenseQuery extends Query<ValidateResponse> {
  constructor(
    readonly licensee: LicenseKeyCaller | undefined,
    readonly question: ValidateRequest,
    readonly origin: Origin,
  ) {
    super();
  }
}
