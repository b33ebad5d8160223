import { z } from 'zod';
import { pageOf } from '../../shared/http/paging.js';
import { UtcTime } from '../../shared/http/schema.js';
import { PartnerAction, PartnerOverride } from './license-pool.requests.js';
import type { LicensePool } from './license-pool.entity.js';
import { balanceOf, POOL_ENTRY_KINDS, type PoolTotals } from './pool-entry-kind.js';
import type { PoolEntry } from './pool-entry.entity.js';

const totals = {
  allotted: z.int().meta({ description: 'Licenses added, less those taken out.' }),
  issued: z.int(),
  returned: z.int().meta({ description: 'Licenses that ended and can be issued again.' }),
  expired: z.int().meta({ description: 'Licenses that were left when the pool ended.' }),
};

export const LicensePoolResponse = z
  .object({
    pool_id: z.uuid(),
    tenant_id: z.string(),
    partner_id: z.uuid(),
    license_template_id: z.string(),
    ...totals,
    available: z.int().meta({ description: 'Licenses that can be issued now.' }),
    returns_revoked: z.boolean(),
    returns_expired: z.boolean(),
    expires_at: UtcTime.nullable(),
    allowed_actions: z.array(PartnerAction).meta({ description: "Actions that the partner's keys may take." }),
    allowed_overrides: z.array(PartnerOverride).meta({ description: "Terms that the partner's keys may override." }),
    version: z.int(),
    created_at: UtcTime,
    updated_at: UtcTime,
  })
  .meta({ id: 'LicensePool', description: 'The license pool with its balance.' });
export type LicensePoolResponse = z.infer<typeof LicensePoolResponse>;

export const LicensePoolPage = pageOf(LicensePoolResponse).meta({ id: 'LicensePoolPage' });
export type LicensePoolPage = z.infer<typeof LicensePoolPage>;

export const PoolEntryResponse = z
  .object({
    pool_id: z.uuid(),
    tenant_id: z.string(),
    number: z.int().meta({ description: 'Number of the entry in its ledger, without gaps.' }),
    kind: z.enum(POOL_ENTRY_KINDS).meta({ id: 'PoolEntryKind' }),
    quantity: z.int().meta({ description: 'Number of licenses; negative where an allotment was taken back.' }),
    license_id: z.uuid().nullable(),
    ...totals,
    created_at: UtcTime,
  })
  .meta({ id: 'PoolEntry', description: 'An entry of the ledger, with the totals after it.' });
export type PoolEntryResponse = z.infer<typeof PoolEntryResponse>;

export const PoolEntryPage = pageOf(PoolEntryResponse).meta({ id: 'PoolEntryPage' });
export type PoolEntryPage = z.infer<typeof PoolEntryPage>;

export function toLicensePoolResponse(pool: LicensePool, ledger: PoolTotals, now: Date): LicensePoolResponse {
  const { allotted, issued, returned, expired } = ledger;
  return {
    pool_id: pool.poolId,
    tenant_id: pool.tenantId,
    partner_id: pool.partnerId,
    license_template_id: pool.templateId,
    allotted,
    issued,
    returned,
    expired,
    available: pool.hasExpired(now) ? 0 : balanceOf(ledger),
    returns_revoked: pool.returnsRevoked,
    returns_expired: pool.returnsExpired,
    expires_at: pool.expiresAt?.toISOString() ?? null,
    allowed_actions: [...pool.allowedActions],
    allowed_overrides: [...pool.allowedOverrides],
    version: pool.version,
    created_at: pool.createdAt.toISOString(),
    updated_at: pool.updatedAt.toISOString(),
  };
}

export function toPoolEntryResponse(entry: PoolEntry): PoolEntryResponse {
  return {
    pool_id: entry.poolId,
    tenant_id: entry.tenantId,
    number: entry.number,
    kind: entry.kind,
    quantity: entry.quantity,
    license_id: entry.licenseId,
    allotted: entry.allotted,
    issued: entry.issued,
    returned: entry.returned,
    expired: entry.expired,
    created_at: entry.createdAt.toISOString(),
  };
}
