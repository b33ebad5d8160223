import { Query } from '@nestjs/cqrs';
import type { Actor } from '../../shared/access/actor.js';
import type { Entitlements } from '../usage.response.js';

/** Returns the entitlements of these features; undefined returns all. Throws LicenseNotFoundError, LicenseStateError. */
export class GetEntitlementsQuery extends Query<Entitlements> {
  constructor(
    readonly actor: Actor,
    readonly licenseId: string,
    readonly features: readonly string[] | undefined,
  ) {
    super();
  }
}
