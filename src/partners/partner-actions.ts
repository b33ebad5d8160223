import { Injectable } from '@nestjs/common';
import type { IntegrationEvent } from '../shared/messaging/integration-event.js';
import type { CommandOptions, TenantCommand } from '../shared/messaging/tenant-command.js';
import { UnitOfWork } from '../shared/persistence/unit-of-work.js';
import { Clock } from '../shared/time/clock.js';
import type { Partner } from './partner.entity.js';
import { PartnerNotFoundError } from './partner.errors.js';
import { PartnerRepository } from './partner.repository.js';
import { toPartnerResponse, type PartnerResponse } from './partner.response.js';

/** Command about an existing partner. */
type PartnerChange = TenantCommand<PartnerResponse> & { readonly partnerId: string; readonly options: CommandOptions };

/** Runs actions on existing partners: one at a time per partner, under its row lock, with its event. */
@Injectable()
export class PartnerActions {
  constructor(
    private readonly unitOfWork: UnitOfWork,
    private readonly partners: PartnerRepository,
    private readonly clock: Clock,
  ) {}

  /** Changes a partner and records the event that `effect` returns. Throws PartnerNotFoundError, PreconditionFailedError. */
  run(
    command: PartnerChange,
    effect: (partner: Partner, now: Date) => IntegrationEvent | undefined,
  ): Promise<PartnerResponse> {
    const { actor, partnerId, options } = command;
    return this.unitOfWork.perform(command, async (transaction) => {
      const partner = await this.partners.findForUpdate(actor.tenantId, partnerId);
      if (!partner) throw new PartnerNotFoundError(partnerId);
      const now = this.clock.now();
      partner.assertVersion(options.ifMatch);
      const event = effect(partner, now);
      if (event) {
        await this.partners.update(partner);
        transaction.record(event);
      }
      return toPartnerResponse(partner);
    });
  }
}
