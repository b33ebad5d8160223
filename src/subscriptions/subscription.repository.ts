import { Injectable } from '@nestjs/common';
import type { Transaction } from '../shared/persistence/transaction.js';
import { UnitOfWork } from '../shared/persistence/unit-of-work.js';
import { TenantScopedRepository } from '../shared/persistence/tenant-scoped.repository.js';
import { Subscription } from './subscription.entity.js';

/** Subscriptions of a tenant whose end is not recorded, earliest first; see `TenantTimer.due`. The parameters are SQL expressions. */
export const ENDED_SUBSCRIPTIONS = (tenantId: string, now: string) =>
  `subscriptions item WHERE item.tenant_id = ${tenantId} AND NOT item.end_recorded AND item.ends_at <= ${now} ORDER BY item.ends_at`;

@Injectable()
export class SubscriptionRepository extends TenantScopedRepository<Subscription> {
  constructor(unitOfWork: UnitOfWork) {
    super(Subscription, 'subscriptionId', unitOfWork);
  }

  /** Locks at most `limit` subscriptions whose end the log does not have; skips those that another transaction has locked. */
  async lockEnded(transaction: Transaction, now: Date, limit: number): Promise<Subscription[]> {
    const rows = await transaction.query({
      name: 'subscriptions.lock-ended',
      text: `SELECT ${this.columns('item')} FROM ${ENDED_SUBSCRIPTIONS('$1', '$2')} LIMIT $3 FOR NO KEY UPDATE SKIP LOCKED`,
      values: [transaction.tenantId, now, limit],
    });
    return rows.map((row) => this.toEntity(row));
  }
}
