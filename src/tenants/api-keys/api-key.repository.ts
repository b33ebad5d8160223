import { Injectable } from '@nestjs/common';
import { UnitOfWork } from '../../shared/persistence/unit-of-work.js';
import { TenantScopedRepository } from '../../shared/persistence/tenant-scoped.repository.js';
import { ApiKey } from './api-key.entity.js';

@Injectable()
export class ApiKeyRepository extends TenantScopedRepository<ApiKey> {
  constructor(unitOfWork: UnitOfWork) {
    super(ApiKey, 'id', unitOfWork);
  }
}
