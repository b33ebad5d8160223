import { CommandBus, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { Actor } from '../../shared/access/actor.js';
import { UnitOfWork } from '../../shared/persistence/unit-of-work.js';
import { Clock } from '../../shared/time/clock.js';
import { CreateApiKeyCommand } from '../../tenants/index.js';
import { PartnerInvitationRedeemedEvent } from '../events/invitation.events.js';
import { InvitationNotFoundError } from '../partner.errors.js';
import { PartnerRepository } from '../partner.repository.js';
import { hashInvitationCode, tenantOfCode } from './invitation-code.js';
import { InvitationRepository } from './invitation.repository.js';
import { RedeemInvitationCommand } from './redeem-invitation.command.js';

const SERVICE = 'partner-invitation';

@CommandHandler(RedeemInvitationCommand)
export class RedeemInvitationHandler implements ICommandHandler<RedeemInvitationCommand> {
  constructor(
    private readonly unitOfWork: UnitOfWork,
    private readonly commands: CommandBus,
    private readonly partners: PartnerRepository,
    private readonly invitations: InvitationRepository,
    private readonly clock: Clock,
  ) {}

  /** The lock of the invitation lets one of several requests with its code succeed. */
  async execute({ request: { code, name } }: RedeemInvitationCommand) {
    const tenantId = tenantOfCode(code);
    if (tenantId === undefined) throw new InvitationNotFoundError();
    const actor = Actor.service(SERVICE, tenantId);
    return this.unitOfWork.run(tenantId, (transaction) =>
      transaction.inOperation(RedeemInvitationCommand.operation, async () => {
        const invitation = await this.invitations.lockByCode(transaction, hashInvitationCode(code));
        const now = this.clock.now();
        if (invitation?.statusAt(now) !== 'OPEN') throw new InvitationNotFoundError();
        const { partnerId } = invitation;
        (await this.partners.findForUpdate(tenantId, partnerId))?.assertCan('redeem');
        const key = await this.commands.execute(
          new CreateApiKeyCommand(actor, { name, role: 'partner', partner_id: partnerId }),
        );
        invitation.redeem(key.id, now);
        await this.invitations.update(invitation);
        transaction.record(new PartnerInvitationRedeemedEvent(actor, now, invitation, key.id));
        return key;
      }),
    );
  }
}
