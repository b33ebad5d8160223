import { ConflictException } from '@nestjs/common';

export class TenantExistsError extends ConflictException {
  constructor(tenantId: string) {
    super(`There is already a tenant ${tenantId}.`, { errorCode: 'TENANT_EXISTS' });
  }
}
