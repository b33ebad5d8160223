import { assertTenantId } from './tenant-id.js';

const UUID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/** Rows that a unit of work may reach: those of a tenant, or only those of one of its partners. */
export interface TenantScope {
  readonly tenantId: string;
  /** Partner whose rows alone may be reached; undefined: all rows of the tenant. */
  readonly partnerId?: string | undefined;
}

/** Returns the scope of a whole tenant for its id. */
export function scopeOf(scope: string | TenantScope): TenantScope {
  return typeof scope === 'string' ? { tenantId: scope } : scope;
}

/** Throws TypeError unless the id is a UUID. */
export function assertPartnerId(partnerId: string): void {
  if (!UUID.test(partnerId)) throw new TypeError('A partner id must be a UUID.');
}

/** Throws TypeError unless the ids are well-formed, because the statement that begins a transaction contains them. */
export function assertScope({ tenantId, partnerId }: TenantScope): void {
  assertTenantId(tenantId);
  if (partnerId !== undefined) assertPartnerId(partnerId);
}
