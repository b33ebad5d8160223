import { CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { LicenseTrialConvertedEvent } from '../events/license-life.events.js';
import { LicenseChanges } from '../license-changes.js';
import { ConvertTrialCommand } from './convert-trial.command.js';

@CommandHandler(ConvertTrialCommand)
export class ConvertTrialHandler implements ICommandHandler<ConvertTrialCommand> {
  constructor(private readonly changes: LicenseChanges) {}

  execute(command: ConvertTrialCommand) {
    const { actor, request } = command;
    return this.changes.perform(command, (license, now) => {
      const change = license.convertTrial(now);
      return change && new LicenseTrialConvertedEvent(actor, now, license, change, request.reason);
    });
  }
}
