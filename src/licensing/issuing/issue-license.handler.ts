import { CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { IssueScheduler } from './issue-scheduler.js';
import { IssueLicenseCommand } from './issue-license.command.js';
import type { IssuedLicense } from '../license.response.js';

@CommandHandler(IssueLicenseCommand)
export class IssueLicenseHandler implements ICommandHandler<IssueLicenseCommand> {
  constructor(private readonly scheduler: IssueScheduler) {}

  execute(command: IssueLicenseCommand): Promise<IssuedLicense> {
    return this.scheduler.issue(command);
  }
}
