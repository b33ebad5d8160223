import { CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import type { IssuedLicense } from '../license.dto.js';
import { LicenseIssuer } from '../license-issuer.js';
import { IssueLicenseCommand } from './issue-license.command.js';

@CommandHandler(IssueLicenseCommand)
export class IssueLicenseHandler implements ICommandHandler<IssueLicenseCommand> {
  constructor(private readonly issuer: LicenseIssuer) {}

  async execute({ actor, order }: IssueLicenseCommand): Promise<IssuedLicense> {
    const [issued] = await this.issuer.issue(actor, [order]);
    if (!issued) throw new Error('One order gave no license.');
    return issued;
  }
}
