import { Injectable } from '@nestjs/common';
import { TenantScopedRepository } from '../../shared/persistence/tenant-scoped.repository.js';
import type { Transaction } from '../../shared/persistence/transaction.js';
import { UnitOfWork } from '../../shared/persistence/unit-of-work.js';
import { PartnerInvitation } from './invitation.entity.js';

/** Invitations of a tenant whose expiry is not recorded, earliest first; see `TenantTimer.due`. The parameters are SQL expressions. */
export const EXPIRED_INVITATIONS = (tenantId: string, now: string) =>
  `partner_invitations item WHERE item.tenant_id = ${tenantId} AND item.redeemed_at IS NULL AND item.withdrawn_at IS NULL
     AND NOT item.expiry_recorded AND item.expires_at <= ${now} ORDER BY item.expires_at`;

@Injectable()
export class InvitationRepository extends TenantScopedRepository<PartnerInvitation> {
  constructor(unitOfWork: UnitOfWork) {
    super(PartnerInvitation, 'invitationId', unitOfWork);
  }

  /** Locks at most `limit` expired invitations of which the log does not have that; skips those that another transaction has locked. */
  async lockExpired(transaction: Transaction, now: Date, limit: number): Promise<PartnerInvitation[]> {
    const rows = await transaction.query({
      name: 'partner-invitations.lock-expired',
      text: `SELECT ${this.columns('item')} FROM ${EXPIRED_INVITATIONS('$1', '$2')} LIMIT $3 FOR NO KEY UPDATE SKIP LOCKED`,
      values: [transaction.tenantId, now, limit],
    });
    return rows.map((row) => this.toEntity(row));
  }

  /** Locks the invitation with this digest of its code. */
  async lockByCode(transaction: Transaction, codeSha256: Buffer): Promise<PartnerInvitation | undefined> {
    const [row] = await transaction.query({
      name: 'partner-invitations.lock-by-code',
      text: `SELECT ${this.columns('item')} FROM partner_invitations item
             WHERE item.tenant_id = $1 AND item.code_sha256 = $2 FOR NO KEY UPDATE`,
      values: [transaction.tenantId, codeSha256],
    });
    return row && this.toEntity(row);
  }
}
