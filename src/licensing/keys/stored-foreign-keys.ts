import { Injectable } from '@nestjs/common';
import { ForeignKeyRegister } from '../../shared/persistence/foreign-key-register.js';
import type { Transaction } from '../../shared/persistence/transaction.js';

/** Finds imported license keys by their index. */
@Injectable()
export class StoredForeignKeys extends ForeignKeyRegister {
  async hasAny(transaction: Transaction): Promise<boolean> {
    const rows = await transaction.query({
      text: 'SELECT FROM license_keys WHERE tenant_id = $1 AND normalisation IS NOT NULL LIMIT 1',
      values: [transaction.tenantId],
    });
    return rows.length > 0;
  }
}
