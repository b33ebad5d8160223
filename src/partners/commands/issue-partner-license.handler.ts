import { CommandBus, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { UnitOfWork } from '../../shared/persistence/unit-of-work.js';
import { IssueLicenseCommand } from '../../licensing/index.js';
import { PartnerNotFoundError } from '../partner.errors.js';
import { PartnerRepository } from '../partner.repository.js';
import { IssuePartnerLicenseCommand } from './issue-partner-license.command.js';

@CommandHandler(IssuePartnerLicenseCommand)
export class IssuePartnerLicenseHandler implements ICommandHandler<IssuePartnerLicenseCommand> {
  constructor(
    private readonly unitOfWork: UnitOfWork,
    private readonly commands: CommandBus,
    private readonly partners: PartnerRepository,
  ) {}

  execute(command: IssuePartnerLicenseCommand) {
    const { actor, partnerId, request } = command;
    return this.unitOfWork.perform(command, async () => {
      const partner = await this.partners.findForUpdate(actor.tenantId, partnerId);
      if (!partner) throw new PartnerNotFoundError(partnerId);
      partner.assertCan('issue');
      const license = { ...request, customer_id: partnerId, issued_to: partner.name };
      return this.commands.execute(new IssueLicenseCommand(actor, license, { origin: { partnerId } }));
    });
  }
}
