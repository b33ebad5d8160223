import type pg from 'pg';
import { assertTenantId } from '../shared/tenant-id.js';

/** Returns all tenant ids in order. */
export async function tenantIds(owner: pg.ClientBase): Promise<string[]> {
  const { rows } = await owner.query<{ id: string }>('SELECT id FROM tenants ORDER BY id');
  return rows.map(({ id }) => id);
}

/** Runs the owner role's work on one tenant's rows, because row-level security binds the owner too. */
export async function inTenant<T>(owner: pg.ClientBase, tenantId: string, work: () => Promise<T>): Promise<T> {
  assertTenantId(tenantId);
  await owner.query(`BEGIN; SET LOCAL app.tenant_id = '${tenantId}'`);
  try {
    const result = await work();
    await owner.query('COMMIT');
    return result;
  } catch (error) {
    await owner.query('ROLLBACK').catch(() => undefined);
    throw error;
  }
}
