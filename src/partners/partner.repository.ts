import { Injectable } from '@nestjs/common';
import { TenantScopedRepository } from '../shared/persistence/tenant-scoped.repository.js';
import { UnitOfWork } from '../shared/persistence/unit-of-work.js';
import { Partner } from './partner.entity.js';

@Injectable()
export class PartnerRepository extends TenantScopedRepository<Partner> {
  constructor(unitOfWork: UnitOfWork) {
    super(Partner, 'partnerId', unitOfWork);
  }

  /** Returns the partners whose suspension has not reached all their licenses. */
  async findWithLicenseEffect(tenantId: string): Promise<Partner[]> {
    const rows = await this.unitOfWork.read(tenantId, (transaction) =>
      transaction.query({
        name: 'partners.find-with-license-effect',
        text: `SELECT ${this.columns('item')} FROM partners item WHERE item.tenant_id = $1 AND item.license_effect IS NOT NULL`,
        values: [tenantId],
      }),
    );
    return rows.map((row) => this.toEntity(row));
  }
}
