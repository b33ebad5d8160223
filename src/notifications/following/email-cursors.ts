import { Injectable } from '@nestjs/common';
import { FOLLOWING_EMAILS, type StoredEmailSettings } from '../../tenants/index.js';
import type { Transaction } from '../../shared/persistence/transaction.js';
import { UnitOfWork } from '../../shared/persistence/unit-of-work.js';

/** A tenant that has switched on e-mail which follows the event log. */
export interface Follower {
  readonly tenantId: string;
  readonly settings: StoredEmailSettings;
}

const IS_ON = FOLLOWING_EMAILS.map((kind) => `email_settings -> '${kind}' = 'true'`).join(' OR ');

/** Positions in the event log up to which events have caused their e-mail, one per tenant. */
@Injectable()
export class EmailCursors {
  constructor(private readonly unitOfWork: UnitOfWork) {}

  /** Returns at most `limit` active tenants after this one, in order of ids, that have switched on some e-mail. */
  findFollowers(afterTenantId: string, limit: number): Promise<Follower[]> {
    return this.unitOfWork.queryStandalone({
      name: 'email-cursors.find-followers',
      text: `SELECT id AS "tenantId", email_settings AS settings FROM tenants
             WHERE id > $1 AND status = 'ACTIVE' AND (${IS_ON}) ORDER BY id LIMIT $2`,
      values: [afterTenantId, limit],
    });
  }

  /** Locks the cursor and returns its position, 0 at first; undefined while another process moves it. */
  async lock(transaction: Transaction, now: Date): Promise<string | undefined> {
    const { tenantId } = transaction;
    transaction.write({
      name: 'email-cursors.create',
      text: `INSERT INTO email_cursors (tenant_id, seq, updated_at) VALUES ($1, 0, $2) ON CONFLICT DO NOTHING`,
      values: [tenantId, now],
    });
    const [row] = await transaction.query<{ seq: string }>({
      name: 'email-cursors.lock',
      text: 'SELECT seq FROM email_cursors WHERE tenant_id = $1 FOR NO KEY UPDATE SKIP LOCKED',
      values: [tenantId],
    });
    return row?.seq;
  }

  move(transaction: Transaction, seq: string, now: Date): void {
    transaction.write({
      name: 'email-cursors.move',
      text: 'UPDATE email_cursors SET seq = $2, updated_at = $3 WHERE tenant_id = $1',
      values: [transaction.tenantId, seq, now],
    });
  }
}
