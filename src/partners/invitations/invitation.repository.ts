import { Injectable } from '@nestjs/common';
import { TenantScopedRepository } from '../../shared/persistence/tenant-scoped.repository.js';
import type { Transaction } from '../../shared/persistence/transaction.js';
import { UnitOfWork } from '../../shared/persistence/unit-of-work.js';
import { PartnerInvitation } from './invitation.entity.js';

@Injectable()
export class InvitationRepository extends TenantScopedRepository<PartnerInvitation> {
  constructor(unitOfWork: UnitOfWork) {
    super(PartnerInvitation, 'invitationId', unitOfWork);
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
