import { CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { UnitOfWork } from '../../shared/persistence/unit-of-work.js';
import { Clock } from '../../shared/time/clock.js';
import { PartnerInvitationWithdrawnEvent } from '../events/invitation.events.js';
import { InvitationNotFoundError } from '../partner.errors.js';
import { InvitationRepository } from './invitation.repository.js';
import { toInvitationResponse } from './invitation.response.js';
import { recordExpiry } from './record-expiry.js';
import { WithdrawInvitationCommand } from './withdraw-invitation.command.js';

@CommandHandler(WithdrawInvitationCommand)
export class WithdrawInvitationHandler implements ICommandHandler<WithdrawInvitationCommand> {
  constructor(
    private readonly unitOfWork: UnitOfWork,
    private readonly invitations: InvitationRepository,
    private readonly clock: Clock,
  ) {}

  execute(command: WithdrawInvitationCommand) {
    const { actor, invitationId, request, options } = command;
    return this.unitOfWork.perform(command, async (transaction) => {
      const invitation = await this.invitations.findForUpdate(actor.tenantId, invitationId);
      if (!invitation) throw new InvitationNotFoundError();
      invitation.assertVersion(options.ifMatch);
      const now = this.clock.now();
      recordExpiry(transaction, invitation, now);
      invitation.withdraw(now);
      await this.invitations.update(invitation);
      transaction.record(new PartnerInvitationWithdrawnEvent(actor, now, invitation, request.reason));
      return toInvitationResponse(invitation, now);
    });
  }
}
