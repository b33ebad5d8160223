import { Injectable } from '@nestjs/common';
import { TenantScopedRepository } from '../shared/persistence/tenant-scoped.repository.js';
import { UnitOfWork } from '../shared/persistence/unit-of-work.js';
import { Partner } from './partner.entity.js';

/** Partners of a tenant whose suspension has not reached all their licenses; see `TenantTimer.due`. The parameter is an SQL expression. */
export const PARTNERS_WITH_LICENSE_EFFECT = (tenantId: string) =>
  `partners item WHERE item.tenant_id = ${tenantId} AND item.license_effect IS NOT NULL`;

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
        text: `SELECT ${this.columns('item')} FROM ${PARTNERS_WITH_LICENSE_EFFECT('$1')}`,
        values: [tenantId],
      }),
    );
    return rows.map((row) => this.toEntity(row));
  }
}
