import { Injectable } from '@nestjs/common';
import type { Transaction } from '../shared/persistence/transaction.js';
import { SET_TENANT_OF_ROW } from '../shared/persistence/set-tenant-of-row.js';
import { TenantScopedRepository } from '../shared/persistence/tenant-scoped.repository.js';
import { UnitOfWork } from '../shared/persistence/unit-of-work.js';
import { EmailMessage } from './email-message.entity.js';

/** Work that waits in a tenant. */
export interface DueEmail {
  readonly tenantId: string;
  /** A message can be sent. False for a suspended tenant, whose messages wait. */
  readonly canSend: boolean;
  readonly hasExpired: boolean;
}

/**
 * Tenants after $1 in order of ids. Each look-up is a scalar subquery, which runs for each tenant: PostgreSQL may run EXISTS once for all tenants,
 * into a hash table, under the isolation of the first.
 */
const FIND_DUE = `
  SELECT tenant_id AS "tenantId", can_send AS "canSend", has_expired AS "hasExpired" FROM (
    SELECT tenant_id,
      status = 'ACTIVE' AND (SELECT true FROM email_messages
        WHERE tenant_id = tenant.tenant_id AND status = 'QUEUED' AND next_attempt_at <= $3 LIMIT 1) IS TRUE AS can_send,
      (SELECT true FROM email_messages
        WHERE tenant_id = tenant.tenant_id AND status = 'QUEUED' AND expires_at <= $3 LIMIT 1) IS TRUE AS has_expired
    FROM (
      SELECT tenant_id, status FROM (SELECT id AS tenant_id, status FROM tenants WHERE id > $1 ORDER BY id LIMIT $2) AS each
      WHERE ${SET_TENANT_OF_ROW} OFFSET 0) AS tenant
    OFFSET 0) AS checked`;

@Injectable()
export class EmailMessageRepository extends TenantScopedRepository<EmailMessage> {
  constructor(unitOfWork: UnitOfWork) {
    super(EmailMessage, 'emailMessageId', unitOfWork);
  }

  /** Returns for at most `limit` tenants after this one, in order of ids, what waits. */
  findDue(afterTenantId: string, limit: number, now: Date): Promise<DueEmail[]> {
    return this.unitOfWork.queryStandalone({
      name: 'email-messages.find-due',
      text: FIND_DUE,
      values: [afterTenantId, limit, now],
    });
  }

  /** Returns when the last but `count - 1` message of the tenant was created, if that was after `since`. */
  async createdAtOfLast(transaction: Transaction, count: number, since: Date): Promise<Date | undefined> {
    const [row] = await transaction.query<{ created_at: Date }>({
      name: 'email-messages.created-at-of-last',
      text: `SELECT created_at FROM email_messages WHERE tenant_id = $1 AND created_at > $2
             ORDER BY created_at DESC OFFSET $3 LIMIT 1`,
      values: [transaction.tenantId, since, count - 1],
    });
    return row?.created_at;
  }

  async hasMilestone(transaction: Transaction, milestone: string): Promise<boolean> {
    const rows = await transaction.query({
      name: 'email-messages.has-milestone',
      text: 'SELECT 1 FROM email_messages WHERE tenant_id = $1 AND milestone = $2',
      values: [transaction.tenantId, milestone],
    });
    return rows.length > 0;
  }

  /** Leases the message that waits longest until `leaseEnd`; skips those that another process is leasing. */
  async lease(transaction: Transaction, leaseId: string, now: Date, leaseEnd: Date): Promise<EmailMessage | undefined> {
    const [row] = await transaction.query({
      name: 'email-messages.lease',
      text: `UPDATE email_messages item SET lease_id = $2, next_attempt_at = $4
             WHERE tenant_id = $1 AND email_message_id = (
               SELECT email_message_id FROM email_messages
               WHERE tenant_id = $1 AND status = 'QUEUED' AND next_attempt_at <= $3 AND expires_at > $3
               ORDER BY next_attempt_at LIMIT 1 FOR NO KEY UPDATE SKIP LOCKED)
             RETURNING ${this.columns('item')}`,
      values: [transaction.tenantId, leaseId, now, leaseEnd],
    });
    return row && this.toEntity(row);
  }

  /** Locks at most `limit` messages that waited too long and are not being sent. */
  async lockExpired(transaction: Transaction, now: Date, limit: number): Promise<EmailMessage[]> {
    const rows = await transaction.query({
      name: 'email-messages.lock-expired',
      text: `SELECT ${this.columns('item')} FROM email_messages item
             WHERE tenant_id = $1 AND status = 'QUEUED' AND expires_at <= $2 AND (lease_id IS NULL OR next_attempt_at <= $2)
             ORDER BY expires_at LIMIT $3 FOR NO KEY UPDATE SKIP LOCKED`,
      values: [transaction.tenantId, now, limit],
    });
    return rows.map((row) => this.toEntity(row));
  }
}
