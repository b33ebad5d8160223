import { Query } from '@nestjs/cqrs';

/** Whose a license key is. */
export interface KeyOwner {
  readonly tenantId: string;
  readonly licenseId: string;
}

/**
 * From a bare key to its license, before a tenant is known. The work is the same whatever the text is: one digest, one
 * look-up. It carries no actor, since the key says who asks.
 */
export class FindLicenseByKeyQuery extends Query<KeyOwner | undefined> {
  constructor(readonly licenseKey: string) {
    super();
  }
}
