export const TENANT_ID = /^[A-Za-z0-9][A-Za-z0-9_-]{0,62}$/;

export function isTenantId(value: unknown): value is string {
  return typeof value === 'string' && TENANT_ID.test(value);
}

/**
 * Throws TypeError unless the value is a tenant id. The id is inserted into `SET LOCAL app.tenant_id = '…'`, which takes no parameter, so
 * any other character would allow SQL injection. An absent tenant is an error, never "all tenants".
 */
export function assertTenantId(value: unknown): asserts value is string {
  if (!isTenantId(value)) throw new TypeError('A tenant id is missing or malformed.');
}

/** Joins a row key into one string, which is unique because tenant ids contain no space. */
export function rowKeyString(tenantId: string, id: string): string {
  return `${tenantId} ${id}`;
}
