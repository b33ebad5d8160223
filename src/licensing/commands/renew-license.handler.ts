import { CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { LicenseRenewedEvent } from '../events/license-life.events.js';
import { LicenseChanges } from '../license-changes.js';
import { RenewLicenseCommand } from './renew-license.command.js';

@CommandHandler(RenewLicenseCommand)
export class RenewLicenseHandler implements ICommandHandler<RenewLicenseCommand> {
  constructor(private readonly changes: LicenseChanges) {}

  execute(command: RenewLicenseCommand) {
    const { actor, request } = command;
    return this.changes.perform(command, (license, now) => {
      const change = license.renew(request, now);
      return change && new LicenseRenewedEvent(actor, now, license, change, request.reason);
    });
  }
}
