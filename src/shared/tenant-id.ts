export const TENANT_ID = /^[A-Za-z0-9][A-Za-z0-9_-]{0,62}$/;

export function isTenantId(value: unknown): value is string {
  return typeof value === 'string' && TENANT_ID.test(value);
}

/**
 * The tenant is written into `SET LOCAL app.tenant_id = '…'`, where no parameter can stand, so nothing but these
 * characters may reach it. An absent tenant is an error, never "all tenants".
 */
export function assertTenantId(value: unknown): asserts value is string {
  if (!isTenantId(value)) throw new TypeError('A tenant id is missing or malformed.');
}
