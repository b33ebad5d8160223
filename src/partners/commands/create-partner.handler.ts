import { CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { violates } from '../../database/sql-errors.js';
import { TenantNotFoundError } from '../../shared/access/access.errors.js';
import { UnitOfWork } from '../../shared/persistence/unit-of-work.js';
import { Clock } from '../../shared/time/clock.js';
import { PartnerCreatedEvent } from '../events/partner.events.js';
import { Partner } from '../partner.entity.js';
import { PartnerRepository } from '../partner.repository.js';
import { toPartnerResponse } from '../partner.response.js';
import { CreatePartnerCommand } from './create-partner.command.js';

@CommandHandler(CreatePartnerCommand)
export class CreatePartnerHandler implements ICommandHandler<CreatePartnerCommand> {
  constructor(
    private readonly unitOfWork: UnitOfWork,
    private readonly partners: PartnerRepository,
    private readonly clock: Clock,
  ) {}

  execute(command: CreatePartnerCommand) {
    const { actor, partner: input, options } = command;
    const now = this.clock.now();
    return this.unitOfWork.perform(command, async (transaction) => {
      const partner = Partner.create(actor.tenantId, input, now);
      partner.partnerId = options.partnerId ?? partner.partnerId;
      await this.partners.insert(partner).catch((error: unknown) => {
        throw violates(error, 'partners_tenant') ? new TenantNotFoundError() : error;
      });
      transaction.record(new PartnerCreatedEvent(actor, now, partner.partnerId, partner.snapshot()));
      return toPartnerResponse(partner);
    });
  }
}
