import { Query } from '@nestjs/cqrs';
import type { RevocationListResponse } from '../revocation-list.response.js';

/** Returns the last signed list, to any caller, and writes nothing. Throws TenantNotFoundError, RevocationListNotReadyError. */
export class GetRevocationListQuery extends Query<RevocationListResponse> {
  constructor(readonly tenantId: string) {
    super();
  }
}
