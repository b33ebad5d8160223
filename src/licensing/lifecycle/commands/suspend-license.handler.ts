import { CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { LicenseSuspendedEvent } from '../../events/license-action.events.js';
import { LicenseActions } from '../license-actions.js';
import { SuspendLicenseCommand } from './suspend-license.command.js';

@CommandHandler(SuspendLicenseCommand)
export class SuspendLicenseHandler implements ICommandHandler<SuspendLicenseCommand> {
  constructor(private readonly actions: LicenseActions) {}

  execute(command: SuspendLicenseCommand) {
    const { actor, request } = command;
    return this.actions.run(command, (license, now) => {
      const change = license.suspend(now);
      return change && new LicenseSuspendedEvent(actor, now, license, change, request.reason);
    });
  }
}
