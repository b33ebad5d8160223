import { CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { UnitOfWork } from '../../shared/events/unit-of-work.js';
import { IssueGroups } from '../issue-groups.js';
import type { IssuedLicense } from '../license.dto.js';
import { LicenseIssuer } from '../license-issuer.js';
import { IssueLicenseCommand } from './issue-license.command.js';

@CommandHandler(IssueLicenseCommand)
export class IssueLicenseHandler implements ICommandHandler<IssueLicenseCommand> {
  constructor(
    private readonly unitOfWork: UnitOfWork,
    private readonly issuer: LicenseIssuer,
    private readonly groups: IssueGroups,
  ) {}

  /** In the caller's unit of work, if it is in one; else together with the orders that arrive at the same time. */
  execute(command: IssueLicenseCommand): Promise<IssuedLicense> {
    if (!this.unitOfWork.isOpen) return this.groups.issue(command);
    return this.issuer.perform(command);
  }
}
