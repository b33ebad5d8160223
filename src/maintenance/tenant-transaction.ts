import type pg from 'pg';
import { assertTenantId } from '../shared/tenant-id.js';

/** All tenants, in order of their ids. */
export async function tenantIds(owner: pg.ClientBase): Promise<string[]> {
  const { rows } = await owner.query<{ id: string }>('SELECT id FROM tenants ORDER BY id');
  return rows.map(({ id }) => id);
}

/** Work of the owner role on one tenant's rows: row-level security binds the owner too. */
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
