import { CommandBus, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { Config } from '../../config.js';
import { UnitOfWork } from '../../shared/persistence/unit-of-work.js';
import { Clock } from '../../shared/time/clock.js';
import { PartnerInvitationCreatedEvent } from '../events/invitation.events.js';
import { PartnerNotFoundError } from '../partner.errors.js';
import { PartnerRepository } from '../partner.repository.js';
import { assertCanInvite } from './assert-can-invite.js';
import { CreateInvitationCommand } from './create-invitation.command.js';
import { generateInvitationCode } from './invitation-code.js';
import { PartnerInvitation } from './invitation.entity.js';
import { InvitationRepository } from './invitation.repository.js';
import { codeAndLink, toInvitationResponse, type IssuedInvitation } from './invitation.response.js';
import { sendInvitation } from './send-invitation.js';

@CommandHandler(CreateInvitationCommand)
export class CreateInvitationHandler implements ICommandHandler<CreateInvitationCommand> {
  constructor(
    private readonly unitOfWork: UnitOfWork,
    private readonly partners: PartnerRepository,
    private readonly invitations: InvitationRepository,
    private readonly commands: CommandBus,
    private readonly clock: Clock,
    private readonly config: Config,
  ) {}

  /** The stored result has no code: a repeated request does not get it. */
  async execute(command: CreateInvitationCommand) {
    const { actor, request, options } = command;
    const sendsEmail = request.send_email === true;
    assertCanInvite(actor, sendsEmail);
    let shown: Partial<IssuedInvitation> = {};
    const stored = await this.unitOfWork.perform(command, async (transaction) => {
      const partner = await this.partners.findForUpdate(actor.tenantId, request.partner_id);
      if (!partner) throw new PartnerNotFoundError(request.partner_id);
      partner.assertCan('invite');
      const now = this.clock.now();
      const code = generateInvitationCode(actor.tenantId);
      const email = request.email ?? partner.email;
      const invitation = PartnerInvitation.create(actor.tenantId, partner.partnerId, email, code, now);
      invitation.invitationId = options.invitationId ?? invitation.invitationId;
      await this.invitations.insert(invitation);
      transaction.record(new PartnerInvitationCreatedEvent(actor, now, invitation));
      if (!sendsEmail) shown = codeAndLink(code, this.config.publicUrl);
      const email_message_id = sendsEmail
        ? await sendInvitation(this.commands, actor, invitation, request.email)
        : null;
      return { ...toInvitationResponse(invitation, now), code: null, link: null, email_message_id };
    });
    return { ...stored, ...shown };
  }
}
