import { ConflictException } from '@nestjs/common';

export class TenantExistsError extends ConflictException {
  constructor(tenantId: string) {
    super(`There is already a tenant ${tenantId}.`, { errorCode: 'TENANT_EXISTS' });
  }
}

/** Keys that exist were digested as the setting says, so that another value would not find them. */
export class ForeignKeysExistError extends ConflictException {
  constructor() {
    super('`foreign_key_normalisation` is fixed: the tenant has imported license keys.', {
      errorCode: 'FOREIGN_KEYS_EXIST',
    });
  }
}
