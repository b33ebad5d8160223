import { Query } from '@nestjs/cqrs';
import type { Actor } from '../../shared/access/actor.js';
import type { ListActivationsRequest } from '../activation.requests.js';
import type { ActivationPage } from '../activation.response.js';

/** Lists activations of a license. Throws LicenseNotFoundError. */
export class ListActivationsQuery extends Query<ActivationPage> {
  constructor(
    readonly actor: Actor,
    readonly licenseId: string,
    readonly request: ListActivationsRequest,
  ) {
    super();
  }
}
