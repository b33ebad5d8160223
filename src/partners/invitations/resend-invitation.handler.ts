import { CommandBus, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { Config } from '../../config.js';
import { UnitOfWork } from '../../shared/persistence/unit-of-work.js';
import { Clock } from '../../shared/time/clock.js';
import { PartnerInvitationResentEvent } from '../events/invitation.events.js';
import { InvitationNotFoundError } from '../partner.errors.js';
import { assertCanInvite } from './assert-can-invite.js';
import { generateInvitationCode } from './invitation-code.js';
import { InvitationRepository } from './invitation.repository.js';
import { codeAndLink, toInvitationResponse, type IssuedInvitation } from './invitation.response.js';
import { recordExpiry } from './record-expiry.js';
import { sendInvitation } from './send-invitation.js';
import { ResendInvitationCommand } from './resend-invitation.command.js';

@CommandHandler(ResendInvitationCommand)
export class ResendInvitationHandler implements ICommandHandler<ResendInvitationCommand> {
  constructor(
    private readonly unitOfWork: UnitOfWork,
    private readonly invitations: InvitationRepository,
    private readonly commands: CommandBus,
    private readonly clock: Clock,
    private readonly config: Config,
  ) {}

  /** The stored result has no code: a repeated request does not get it. */
  async execute(command: ResendInvitationCommand) {
    const { actor, invitationId, request, options } = command;
    const sendsEmail = request.send_email === true;
    assertCanInvite(actor, sendsEmail);
    let shown: Partial<IssuedInvitation> = {};
    const stored = await this.unitOfWork.perform(command, async (transaction) => {
      const invitation = await this.invitations.findForUpdate(actor.tenantId, invitationId);
      if (!invitation) throw new InvitationNotFoundError();
      invitation.assertVersion(options.ifMatch);
      const now = this.clock.now();
      recordExpiry(transaction, invitation, now);
      const code = generateInvitationCode(actor.tenantId);
      invitation.renew(code, now);
      await this.invitations.update(invitation);
      transaction.record(new PartnerInvitationResentEvent(actor, now, invitation));
      if (!sendsEmail) shown = codeAndLink(code, this.config.publicUrl);
      const email_message_id = sendsEmail
        ? await sendInvitation(this.commands, actor, invitation, invitation.email ?? undefined)
        : null;
      return { ...toInvitationResponse(invitation, now), code: null, link: null, email_message_id };
    });
    return { ...stored, ...shown };
  }
}
