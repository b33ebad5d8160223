import { Query } from '@nestjs/cqrs';
import type { RevocationListResponse } from '../revocation-list.dto.js';

/** What anybody may know: changes of the last two seconds may be missing. Throws TenantNotFoundError. */
export class GetRevocationListQuery extends Query<RevocationListResponse> {
  constructor(readonly tenantId: string) {
    super();
  }
}
