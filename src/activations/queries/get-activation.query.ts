import { Query } from '@nestjs/cqrs';
import type { Actor } from '../../shared/access/actor.js';
import type { ActivationResponse } from '../activation.response.js';

/** Throws LicenseNotFoundError, ActivationNotFoundError. */
export class GetActivationQuery extends Query<ActivationResponse> {
  constructor(
    readonly actor: Actor,
    readonly licenseId: string,
    readonly activationId: string,
  ) {
    super();
  }
}
