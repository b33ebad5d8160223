import { CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { LicenseRenewedEvent } from '../../events/license-action.events.js';
import { assertRenewalAllowed } from '../../partner-allowance.js';
import { LicenseActions } from '../license-actions.js';
import { RenewLicenseCommand } from './renew-license.command.js';

@CommandHandler(RenewLicenseCommand)
export class RenewLicenseHandler implements ICommandHandler<RenewLicenseCommand> {
  constructor(private readonly actions: LicenseActions) {}

  execute(command: RenewLicenseCommand) {
    const { actor, request } = command;
    return this.actions.run(command, (license, now, _, pool) => {
      if (pool) assertRenewalAllowed(license, request, now, pool);
      const change = license.renew(request, now);
      return change && new LicenseRenewedEvent(actor, now, license, change, request.reason);
    });
  }
}
