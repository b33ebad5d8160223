import { Query } from '@nestjs/cqrs';
import type { RevocationListResponse } from '../revocation-list.response.js';

/** The list as it was last signed, for anybody; nothing is written. Throws TenantNotFoundError, RevocationListNotReadyError. */
export class GetRevocationListQuery extends Query<RevocationListResponse> {
  constructor(readonly tenantId: string) {
    super();
  }
}
