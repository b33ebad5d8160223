import { Query } from '@nestjs/cqrs';
import type { KeySet } from '../signing-key.response.js';

/** What anybody may know of a tenant's keys. Throws TenantNotFoundError. */
export class GetKeySetQuery extends Query<KeySet> {
  constructor(readonly tenantId: string) {
    super();
  }
}
