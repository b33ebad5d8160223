import { Injectable } from '@nestjs/common';
import type { Transaction } from '../shared/persistence/transaction.js';
import { UnitOfWork } from '../shared/persistence/unit-of-work.js';
import { TenantScopedRepository } from '../shared/persistence/tenant-scoped.repository.js';
import { BillingEvent } from './billing-event.entity.js';

@Injectable()
export class BillingEventRepository extends TenantScopedRepository<BillingEvent> {
  constructor(unitOfWork: UnitOfWork) {
    super(BillingEvent, 'eventId', unitOfWork);
  }

  /** Returns all events of a subscription, whose lock the caller holds, in no order. */
  async ofSubscription(transaction: Transaction, subscriptionId: string): Promise<BillingEvent[]> {
    const rows = await transaction.query({
      name: 'subscription_events.of-subscription',
      text: `SELECT ${this.columns('item')} FROM subscription_events item
             WHERE item.tenant_id = $1 AND item.subscription_id = $2`,
      values: [transaction.tenantId, subscriptionId],
    });
    return rows.map((row) => this.toEntity(row));
  }
}
