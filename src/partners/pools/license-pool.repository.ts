import { Injectable } from '@nestjs/common';
import { TenantScopedRepository } from '../../shared/persistence/tenant-scoped.repository.js';
import type { Transaction } from '../../shared/persistence/transaction.js';
import { UnitOfWork } from '../../shared/persistence/unit-of-work.js';
import { LicensePool } from './license-pool.entity.js';

/** Pools of a tenant whose expiry is not recorded, earliest first; see `TenantTimer.due`. The parameters are SQL expressions. */
export const EXPIRED_POOLS = (tenantId: string, now: string) =>
  `license_pools item WHERE item.tenant_id = ${tenantId} AND NOT item.expiry_recorded AND item.expires_at <= ${now}
   ORDER BY item.expires_at`;

@Injectable()
export class LicensePoolRepository extends TenantScopedRepository<LicensePool> {
  constructor(unitOfWork: UnitOfWork) {
    super(LicensePool, 'poolId', unitOfWork);
  }

  /** Locks pools until the unit of work ends, in the order of their ids, so that two units of work with the same pools do not deadlock. */
  async lock(transaction: Transaction, poolIds: readonly string[]): Promise<LicensePool[]> {
    const rows = await transaction.query({
      name: 'license-pools.lock',
      text: `SELECT ${this.columns('item')} FROM license_pools item
             WHERE item.tenant_id = $1 AND item.pool_id = ANY($2::uuid[]) ORDER BY item.pool_id FOR NO KEY UPDATE`,
      values: [transaction.tenantId, poolIds],
    });
    return this.visible(transaction, rows);
  }

  /** Returns the pools of a partner and a template that have not expired. */
  async findUsable(transaction: Transaction, partnerId: string, templateId: string, now: Date): Promise<string[]> {
    const rows = await transaction.query<{ pool_id: string }>({
      name: 'license-pools.find-usable',
      text: `SELECT pool_id FROM license_pools
             WHERE tenant_id = $1 AND partner_id = $2 AND template_id = $3 AND (expires_at IS NULL OR expires_at > $4)`,
      values: [transaction.tenantId, partnerId, templateId, now],
    });
    return rows.map(({ pool_id }) => pool_id);
  }

  /** Locks at most `limit` pools that have ended and whose ledger does not have that; skips those that another transaction has locked. */
  async lockExpired(transaction: Transaction, now: Date, limit: number): Promise<LicensePool[]> {
    const rows = await transaction.query({
      name: 'license-pools.lock-expired',
      text: `SELECT ${this.columns('item')} FROM ${EXPIRED_POOLS('$1', '$2')} LIMIT $3 FOR NO KEY UPDATE SKIP LOCKED`,
      values: [transaction.tenantId, now, limit],
    });
    return this.visible(transaction, rows);
  }

  private visible(transaction: Transaction, rows: readonly object[]): LicensePool[] {
    return rows.map((row) => this.toEntity(row)).filter((pool) => this.isVisible(transaction, pool));
  }
}
