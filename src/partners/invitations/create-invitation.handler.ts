import { CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
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
import { toIssuedInvitation } from './invitation.response.js';

@CommandHandler(CreateInvitationCommand)
export class CreateInvitationHandler implements ICommandHandler<CreateInvitationCommand> {
  constructor(
    private readonly unitOfWork: UnitOfWork,
    private readonly partners: PartnerRepository,
    private readonly invitations: InvitationRepository,
    private readonly clock: Clock,
    private readonly config: Config,
  ) {}

  execute(command: CreateInvitationCommand) {
    const { actor, request, options } = command;
    assertCanInvite(actor);
    return this.unitOfWork.perform(command, async (transaction) => {
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
      return toIssuedInvitation(invitation, code, this.config.publicUrl, now);
    });
  }
}
