import { Query } from '@nestjs/cqrs';
import type { RevocationListResponse } from '../revocation-list.dto.js';

/** What anybody may know: at most a minute old. Throws TenantNotFoundError. */
export class GetRevocationListQuery extends Query<RevocationListResponse> {
  constructor(readonly tenantId: string) {
    super();
  }
}
