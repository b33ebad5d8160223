import { Query } from '@nestjs/cqrs';
import type { Actor } from '../../shared/access/actor.js';
import type { ExplainRequest } from '../client.requests.js';
import type { ExplainResponse } from '../explain.response.js';

/**
 * What a program would be answered that asked from there, or would have been answered that asked then. A dry run: no device
 * was seen. Throws LicenseNotFoundError; with `as_of` PermissionDeniedError, InvalidFieldError, HistoryTooLongError.
 */
export class ExplainLicenseQuery extends Query<ExplainResponse> {
  constructor(
    readonly actor: Actor,
    readonly licenseId: string,
    readonly question: ExplainRequest,
  ) {
    super();
  }
}
