import { CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { LicenseUpdatedEvent } from '../../events/license-action.events.js';
import { LicenseActions } from '../license-actions.js';
import { UpdateLicenseCommand } from './update-license.command.js';

@CommandHandler(UpdateLicenseCommand)
export class UpdateLicenseHandler implements ICommandHandler<UpdateLicenseCommand> {
  constructor(private readonly actions: LicenseActions) {}

  execute(command: UpdateLicenseCommand) {
    const { actor, request } = command;
    return this.actions.run(command, (license, now) => {
      const change = license.edit(request, now);
      return change && new LicenseUpdatedEvent(actor, now, license, change, request.reason);
    });
  }
}
