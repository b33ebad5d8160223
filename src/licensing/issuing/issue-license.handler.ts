import { CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { LicenseIssuer } from './license-issuer.js';
import { IssueLicenseCommand } from './issue-license.command.js';
import type { IssuedLicense } from '../license.response.js';

@CommandHandler(IssueLicenseCommand)
export class IssueLicenseHandler implements ICommandHandler<IssueLicenseCommand> {
  constructor(private readonly issuer: LicenseIssuer) {}

  execute(command: IssueLicenseCommand): Promise<IssuedLicense> {
    return this.issuer.issue(command);
  }
}
