import { Injectable } from '@nestjs/common';
import { UnitOfWork } from '../shared/events/unit-of-work.js';
import { TenantScopedRepository } from '../shared/tenancy/tenant.repository.js';
import { ApiKey } from './api-key.entity.js';

@Injectable()
export class ApiKeyRepository extends TenantScopedRepository<ApiKey> {
  constructor(unitOfWork: UnitOfWork) {
    super(ApiKey, 'id', unitOfWork);
  }
}
