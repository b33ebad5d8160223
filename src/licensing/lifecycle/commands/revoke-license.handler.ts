import { CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { LicenseRevokedEvent } from '../../events/license-action.events.js';
import { LicenseActions } from '../license-actions.js';
import { RevokeLicenseCommand } from './revoke-license.command.js';

@CommandHandler(RevokeLicenseCommand)
export class RevokeLicenseHandler implements ICommandHandler<RevokeLicenseCommand> {
  constructor(private readonly actions: LicenseActions) {}

  execute(command: RevokeLicenseCommand) {
    const { actor, request } = command;
    return this.actions.run(command, (license, now) => {
      const change = license.revoke(now);
      return change && new LicenseRevokedEvent(actor, now, license, change, request.reason);
    });
  }
}
