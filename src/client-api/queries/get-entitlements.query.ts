import { Query } from '@nestjs/cqrs';
import type { Entitlements } from '../../usage/index.js';
import type { StoredEvidence } from '../../validation/index.js';

/** Returns the entitlements of these features; undefined returns all. Throws LicenseStateError. */
export class GetEntitlementsQuery extends Query<Entitlements> {
  constructor(
    readonly evidence: StoredEvidence,
    readonly features: readonly string[] | undefined,
  ) {
    super();
  }
}
