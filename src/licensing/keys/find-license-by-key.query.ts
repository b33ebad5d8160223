import { Query } from '@nestjs/cqrs';

/** Tenant and license of a license key. */
export interface KeyOwner {
  readonly tenantId: string;
  readonly licenseId: string;
}

/**
 * Finds the license of a license key before the tenant is known, in constant work: one digest and one look-up.
 * The query has no actor, because the license key identifies the caller.
 */
export class FindLicenseByKeyQuery extends Query<KeyOwner | undefined> {
  constructor(readonly licenseKey: string) {
    super();
  }
}
