import { TenantCommand, type CommandOptions } from '../../shared/messaging/tenant-command.js';
import type { Actor } from '../../shared/access/actor.js';
import type { InvitationResponse } from './invitation.response.js';

/** Ends an invitation. Throws InvitationNotFoundError, InvitationStateError. */
export class WithdrawInvitationCommand extends TenantCommand<InvitationResponse> {
  static readonly operation = 'partner-invitations.withdraw';

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
