import { CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { LicenseReinstatedEvent } from '../../events/license-action.events.js';
import { LicenseActions } from '../license-actions.js';
import { ReinstateLicenseCommand } from './reinstate-license.command.js';

@CommandHandler(ReinstateLicenseCommand)
export class ReinstateLicenseHandler implements ICommandHandler<ReinstateLicenseCommand> {
  constructor(private readonly actions: LicenseActions) {}

  execute(command: ReinstateLicenseCommand) {
    const { actor, request } = command;
    return this.actions.run(command, (license, now) => {
      const change = license.reinstate(now);
      return change && new LicenseReinstatedEvent(actor, now, license, change, request.reason);
    });
  }
}
