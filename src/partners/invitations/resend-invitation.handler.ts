import { CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { Config } from '../../config.js';
import { UnitOfWork } from '../../shared/persistence/unit-of-work.js';
import { Clock } from '../../shared/time/clock.js';
import { PartnerInvitationResentEvent } from '../events/invitation.events.js';
import { InvitationNotFoundError } from '../partner.errors.js';
import { assertCanInvite } from './assert-can-invite.js';
import { generateInvitationCode } from './invitation-code.js';
import { InvitationRepository } from './invitation.repository.js';
import { toIssuedInvitation } from './invitation.response.js';
import { recordExpiry } from './record-expiry.js';
import { ResendInvitationCommand } from './resend-invitation.command.js';

@CommandHandler(ResendInvitationCommand)
export class ResendInvitationHandler implements ICommandHandler<ResendInvitationCommand> {
  constructor(
    private readonly unitOfWork: UnitOfWork,
    private readonly invitations: InvitationRepository,
    private readonly clock: Clock,
    private readonly config: Config,
  ) {}

  execute(command: ResendInvitationCommand) {
    const { actor, invitationId, options } = command;
    assertCanInvite(actor);
    return this.unitOfWork.perform(command, async (transaction) => {
      const invitation = await this.invitations.findForUpdate(actor.tenantId, invitationId);
      if (!invitation) throw new InvitationNotFoundError();
      invitation.assertVersion(options.ifMatch);
      const now = this.clock.now();
      recordExpiry(transaction, invitation, now);
      const code = generateInvitationCode(actor.tenantId);
      invitation.renew(code, now);
      await this.invitations.update(invitation);
      transaction.record(new PartnerInvitationResentEvent(actor, now, invitation));
      return toIssuedInvitation(invitation, code, this.config.publicUrl, now);
    });
  }
}
