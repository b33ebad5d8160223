import { CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { violates } from '../../database/sql-errors.js';
import { UnitOfWork } from '../../shared/persistence/unit-of-work.js';
import { Clock } from '../../shared/time/clock.js';
import { TemplateNotFoundError } from '../../templates/index.js';
import { LicensePoolAllottedEvent, LicensePoolCreatedEvent } from '../events/pool.events.js';
import { PartnerNotFoundError } from '../partner.errors.js';
import { CreateLicensePoolCommand } from './create-license-pool.command.js';
import { LicensePool } from './license-pool.entity.js';
import { LicensePoolRepository } from './license-pool.repository.js';
import { toLicensePoolResponse } from './license-pool.response.js';
import { NO_TOTALS } from './pool-entry-kind.js';
import { PoolLedger } from './pool-ledger.js';

@CommandHandler(CreateLicensePoolCommand)
export class CreateLicensePoolHandler implements ICommandHandler<CreateLicensePoolCommand> {
  constructor(
    private readonly unitOfWork: UnitOfWork,
    private readonly pools: LicensePoolRepository,
    private readonly ledger: PoolLedger,
    private readonly clock: Clock,
  ) {}

  execute(command: CreateLicensePoolCommand) {
    const { actor, request, options } = command;
    const { quantity } = request;
    const now = this.clock.now();
    return this.unitOfWork.perform(command, async (transaction) => {
      const pool = LicensePool.create(actor.tenantId, request, now);
      pool.poolId = options.poolId ?? pool.poolId;
      await this.pools.insert(pool).catch((error: unknown) => {
        if (violates(error, 'license_pools_partner')) throw new PartnerNotFoundError(request.partner_id);
        if (violates(error, 'license_pools_template')) throw new TemplateNotFoundError(request.license_template_id);
        throw error;
      });
      transaction.record(new LicensePoolCreatedEvent(actor, now, pool, pool.snapshot()));
      if (quantity > 0) {
        this.ledger.append(transaction, [{ poolId: pool.poolId, kind: 'ALLOTMENT', quantity }]);
        transaction.record(new LicensePoolAllottedEvent(actor, now, pool, quantity));
      }
      return toLicensePoolResponse(pool, { ...NO_TOTALS, allotted: quantity }, now);
    });
  }
}
