import { TenantCommand, type CommandOptions } from '../../shared/messaging/tenant-command.js';
import type { Actor } from '../../shared/access/actor.js';
import type { IssuedInvitation } from './invitation.response.js';

/** Gives an invitation a new code for seven days; the previous code ends. Throws InvitationNotFoundError, InvitationStateError, GrantExceededError. */
export class ResendInvitationCommand extends TenantCommand<IssuedInvitation> {
  static readonly operation = 'partner-invitations.resend';

  constructor(
    actor: Actor,
    readonly invitationId: string,
    options: CommandOptions = {},
  ) {
    super(actor, options);
  }

  get payload() {
    return { invitation_id: this.invitationId };
  }
}
