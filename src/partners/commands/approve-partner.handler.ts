import { CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { PartnerApprovedEvent } from '../events/partner.events.js';
import { PartnerActions } from '../partner-actions.js';
import { ApprovePartnerCommand } from './approve-partner.command.js';

@CommandHandler(ApprovePartnerCommand)
export class ApprovePartnerHandler implements ICommandHandler<ApprovePartnerCommand> {
  constructor(private readonly actions: PartnerActions) {}

  execute(command: ApprovePartnerCommand) {
    const { actor, partnerId, request } = command;
    return this.actions.run(command, (partner, now) => {
      const change = partner.approve(now);
      return change && new PartnerApprovedEvent(actor, now, partnerId, change, request.reason);
    });
  }
}
