import { Query } from '@nestjs/cqrs';
import type { KeySet } from '../signing-key.response.js';

/** Returns the public keys of a tenant, to any caller. Throws TenantNotFoundError. */
export class GetKeySetQuery extends Query<KeySet> {
  constructor(readonly tenantId: string) {
    super();
  }
}
