import type { Transaction } from './transaction.js';

/** What a tenant has one of is decided by one transaction at a time. False when there is no such tenant. */
export async function lockTenant(transaction: Transaction): Promise<boolean> {
  const rows = await transaction.query({
    text: 'SELECT 1 FROM tenants WHERE id = $1 FOR NO KEY UPDATE',
    values: [transaction.tenantId],
  });
  return rows.length === 1;
}
