import { Injectable } from '@nestjs/common';
import { CommandBus, QueryBus } from '@nestjs/cqrs';
import { Config } from '../config.js';
import {
  ListLicensesQuery,
  LicenseStateError,
  RevokeLicenseCommand,
  SuspendLicenseCommand,
} from '../licensing/index.js';
import { Actor } from '../shared/access/actor.js';
import type { Transaction } from '../shared/persistence/transaction.js';
import { UnitOfWork } from '../shared/persistence/unit-of-work.js';
import { Clock } from '../shared/time/clock.js';
import { TenantSweeper } from '../shared/timers/tenant-sweeper.js';
import { TenantTimer } from '../shared/timers/tenant-timer.js';
import { LicensePoolExpiredEvent } from './events/pool.events.js';
import type { Partner } from './partner.entity.js';
import { PartnerRepository, PARTNERS_WITH_LICENSE_EFFECT } from './partner.repository.js';
import { EXPIRED_INVITATIONS, InvitationRepository } from './invitations/invitation.repository.js';
import { recordExpiry, UPKEEP_SERVICE } from './invitations/record-expiry.js';
import { EXPIRED_POOLS, LicensePoolRepository } from './pools/license-pool.repository.js';
import { balanceOf, NO_TOTALS } from './pools/pool-entry-kind.js';
import { PoolLedger } from './pools/pool-ledger.js';

/** Most pools or licenses of one transaction or page. */
const CHUNK_SIZE = 100;
/** Statuses of licenses that an effect of a suspension still reaches. */
const REACHED = {
  SUSPEND: ['ACTIVE', 'PENDING', 'EXPIRED'],
  REVOKE: ['ACTIVE', 'PENDING', 'EXPIRED', 'SUSPENDED'],
} as const;

/**
 * Records the end of pools and invitations, and gives the licenses of suspended partners the effect of the suspension. What is left to do stands in the rows, so a crash only delays it.
 */
@Injectable()
export class PartnerUpkeep extends TenantTimer {
  protected readonly due = [
    EXPIRED_POOLS('tenant.tenant_id', '$1'),
    EXPIRED_INVITATIONS('tenant.tenant_id', '$1'),
    PARTNERS_WITH_LICENSE_EFFECT('tenant.tenant_id'),
  ];

  constructor(
    sweeper: TenantSweeper,
    private readonly unitOfWork: UnitOfWork,
    private readonly commands: CommandBus,
    private readonly queries: QueryBus,
    private readonly partners: PartnerRepository,
    private readonly pools: LicensePoolRepository,
    private readonly invitations: InvitationRepository,
    private readonly ledger: PoolLedger,
    private readonly clock: Clock,
    { settings }: Config,
  ) {
    super(sweeper, settings.LICENSE_TIMER_INTERVAL_MS, 'Failed to keep up partners');
  }

  protected async sweepTenant(tenantId: string): Promise<void> {
    await this.inChunks(tenantId, CHUNK_SIZE, (transaction, now) => this.expirePools(transaction, now));
    await this.inChunks(tenantId, CHUNK_SIZE, (transaction, now) => this.expireInvitations(transaction, now));
    for (const partner of await this.partners.findWithLicenseEffect(tenantId)) await this.reachLicenses(partner);
  }

  private async expireInvitations(transaction: Transaction, now: Date): Promise<number> {
    const ended = await this.invitations.lockExpired(transaction, now, CHUNK_SIZE);
    for (const invitation of ended) {
      recordExpiry(transaction, invitation, now);
      await this.invitations.update(invitation);
    }
    return ended.length;
  }

  private async expirePools(transaction: Transaction, now: Date): Promise<number> {
    const actor = Actor.service(UPKEEP_SERVICE, transaction.tenantId);
    const ended = await this.pools.lockExpired(transaction, now, CHUNK_SIZE);
    if (ended.length === 0) return 0;
    const ledgers = await this.ledger.read(
      transaction,
      ended.map(({ poolId }) => poolId),
    );
    for (const pool of ended) {
      const quantity = balanceOf(ledgers.get(pool.poolId) ?? NO_TOTALS);
      if (quantity > 0) this.ledger.append(transaction, [{ poolId: pool.poolId, kind: 'EXPIRY', quantity }]);
      pool.expiryRecorded = true;
      await this.pools.update(pool);
      transaction.record(new LicensePoolExpiredEvent(actor, now, pool, quantity));
    }
    return ended.length;
  }

  /** Suspends or revokes the licenses of a partner page by page, and notes the end, unless the partner was reinstated meanwhile. */
  private async reachLicenses({ tenantId, partnerId, licenseEffect, licenseEffectReason }: Partner): Promise<void> {
    if (licenseEffect === null || licenseEffectReason === null) return;
    const actor = Actor.service(UPKEEP_SERVICE, tenantId);
    const request = { reason: licenseEffectReason };
    for (const status of REACHED[licenseEffect]) {
      let cursor: string | undefined;
      do {
        if (this.task.stopped || !(await this.isInEffect(tenantId, partnerId))) return;
        const query = { limit: CHUNK_SIZE, partner_id: partnerId, status, cursor };
        const page = await this.queries.execute(new ListLicensesQuery(actor, query));
        for (const { license_id: id } of page.data) {
          const command =
            licenseEffect === 'SUSPEND'
              ? new SuspendLicenseCommand(actor, id, request)
              : new RevokeLicenseCommand(actor, id, request);
          // Another process, or an administrator, may have been first.
          await this.commands.execute(command).catch((error: unknown) => {
            if (!(error instanceof LicenseStateError)) throw error;
          });
        }
        cursor = page.next_cursor ?? undefined;
      } while (cursor !== undefined);
    }
    await this.unitOfWork.run(tenantId, async () => {
      const partner = await this.partners.findForUpdate(tenantId, partnerId);
      if (partner?.licenseEffect !== licenseEffect) return;
      partner.endLicenseEffect(this.clock.now());
      await this.partners.update(partner);
    });
  }

  private async isInEffect(tenantId: string, partnerId: string): Promise<boolean> {
    return (await this.partners.find(tenantId, partnerId))?.licenseEffect !== null;
  }
}
