import { Query } from '@nestjs/cqrs';
import type { Actor } from '../../shared/access/actor.js';
import type { ExplainRequest } from '../explain.requests.js';
import type { ExplainResponse } from '../explain.response.js';

/**
 * Explains a validation, now or at a past time, as a dry run that records no device. Throws LicenseNotFoundError; with `as_of`
 * PermissionDeniedError, InvalidFieldError, HistoryTooLongError.
 */
export class ExplainLicenseQuery extends Query<ExplainResponse> {
  constructor(
    readonly actor: Actor,
    readonly licenseId: string,
    readonly request: ExplainRequest,
  ) {
    super();
  }
}
