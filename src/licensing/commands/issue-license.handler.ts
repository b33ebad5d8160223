import { CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { UnitOfWork } from '../../shared/events/unit-of-work.js';
import type { IssuedLicense } from '../license.dto.js';
import { LicenseIssuer } from '../license-issuer.js';
import { IssueLicenseCommand } from './issue-license.command.js';

@CommandHandler(IssueLicenseCommand)
export class IssueLicenseHandler implements ICommandHandler<IssueLicenseCommand> {
  constructor(
    private readonly unitOfWork: UnitOfWork,
    private readonly issuer: LicenseIssuer,
  ) {}

  execute(command: IssueLicenseCommand): Promise<IssuedLicense> {
    return this.unitOfWork.perform(command, async (transaction) => {
      const [issued] = await this.issuer.issue(transaction, command.actor, [command.order]);
      if (!issued) throw new Error('One order gave no license.');
      return issued;
    });
  }
}
