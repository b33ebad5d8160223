import type { Transaction } from './transaction.js';

/** Locks the tenant, so that one transaction at a time decides what exists once per tenant. Returns false if the tenant does not exist. */
export async function lockTenant(transaction: Transaction): Promise<boolean> {
  const rows = await transaction.query({
    text: 'SELECT 1 FROM tenants WHERE id = $1 FOR NO KEY UPDATE',
    values: [transaction.tenantId],
  });
  return rows.length === 1;
}
