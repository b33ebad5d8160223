import { CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { PartnerUpdatedEvent } from '../events/partner.events.js';
import { PartnerActions } from '../partner-actions.js';
import { UpdatePartnerCommand } from './update-partner.command.js';

@CommandHandler(UpdatePartnerCommand)
export class UpdatePartnerHandler implements ICommandHandler<UpdatePartnerCommand> {
  constructor(private readonly actions: PartnerActions) {}

  execute(command: UpdatePartnerCommand) {
    const { actor, partnerId, request } = command;
    return this.actions.run(command, (partner, now) => {
      const change = partner.update(request, now);
      return change && new PartnerUpdatedEvent(actor, now, partnerId, change);
    });
  }
}
