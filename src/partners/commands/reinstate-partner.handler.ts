import { CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { PartnerReinstatedEvent } from '../events/partner.events.js';
import { PartnerActions } from '../partner-actions.js';
import { ReinstatePartnerCommand } from './reinstate-partner.command.js';

@CommandHandler(ReinstatePartnerCommand)
export class ReinstatePartnerHandler implements ICommandHandler<ReinstatePartnerCommand> {
  constructor(private readonly actions: PartnerActions) {}

  execute(command: ReinstatePartnerCommand) {
    const { actor, partnerId, request } = command;
    return this.actions.run(command, (partner, now) => {
      const change = partner.reinstate(now);
      return change && new PartnerReinstatedEvent(actor, now, partnerId, change, request.reason);
    });
  }
}
