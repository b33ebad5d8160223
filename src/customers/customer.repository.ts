import { Injectable } from '@nestjs/common';
import type { Transaction } from '../shared/persistence/transaction.js';
import { UnitOfWork } from '../shared/persistence/unit-of-work.js';
import { TenantScopedRepository } from '../shared/persistence/tenant-scoped.repository.js';
import { Customer } from './customer.entity.js';

@Injectable()
export class CustomerRepository extends TenantScopedRepository<Customer> {
  constructor(unitOfWork: UnitOfWork) {
    super(Customer, 'customerId', unitOfWork);
  }

  /** Returns the ids of at most `limit` customers with this e-mail address, without regard to case. */
  async findIdsByEmail(tenantId: string, email: string, limit: number): Promise<string[]> {
    const rows = await this.unitOfWork.read(tenantId, (transaction) =>
      transaction.query<{ id: string }>({
        name: 'customers.find-ids-by-email',
        text: `SELECT customer_id AS id FROM customers
               WHERE tenant_id = $1 AND email_lower COLLATE "C" = lower($2) AND ($4::uuid IS NULL OR partner_id = $4) LIMIT $3`,
        values: [tenantId, email, limit, transaction.partnerId ?? null],
      }),
    );
    return rows.map(({ id }) => id);
  }

  /** Returns the customers with one of these ids or e-mail addresses, the oldest first. */
  async findByIdsOrEmails(
    transaction: Transaction,
    ids: readonly string[],
    emails: readonly string[],
  ): Promise<Customer[]> {
    const columns = this.columns('item');
    // The address is compared by bytes, in which its index is sorted.
    const rows = await transaction.query<{ createdAt: Date }>({
      name: 'customers.find-by-ids-or-emails',
      text: `SELECT ${columns} FROM customers item WHERE item.tenant_id = $1 AND item.customer_id IN (
               SELECT customer_id FROM customers WHERE tenant_id = $1 AND customer_id = ANY($2)
               UNION SELECT customer_id FROM customers WHERE tenant_id = $1 AND email_lower COLLATE "C" = ANY($3))`,
      values: [transaction.tenantId, ids, emails.map((email) => email.toLowerCase())],
    });
    return rows
      .map((row) => this.toEntity(row))
      .sort((one, other) => one.createdAt.getTime() - other.createdAt.getTime())
      .filter((customer) => this.isVisible(transaction, customer));
  }
}
