/**
 * Puts up the wall of the row's tenant until another is put up or the transaction ends, as SET LOCAL does: a condition for
 * statements that are about several tenants. What is done with the row next is done behind its wall, by row-level security,
 * if rows come to it one by one; what would be done behind another's is refused.
 */
export const SET_TENANT_OF_ROW = `set_config('app.tenant_id', tenant_id, true) = tenant_id`;
