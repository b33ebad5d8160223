/**
 * SQL condition that sets `app.tenant_id` to the tenant of the row, like SET LOCAL, for statements about rows of several tenants.
 * Row-level security then applies to the next step of each row, so the plan must process rows one by one.
 */
export const SET_TENANT_OF_ROW = `set_config('app.tenant_id', tenant_id, true) = tenant_id`;

/** Sets the tenant of a statement whose first parameter is its only tenant. What is read must refer to the result, so that it is read after it. */
export const SET_TENANT = `set_config('app.tenant_id', $1, true) = $1`;
