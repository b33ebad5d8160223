import { ReasonRequest } from '../../shared/http/action-reason.js';
import { validated } from '../../shared/http/validation.pipe.js';
import { TenantCommand, type CommandOptions } from '../../shared/messaging/tenant-command.js';
import type { Actor } from '../../shared/access/actor.js';
import type { InvitationResponse } from './invitation.response.js';

/** Ends an invitation. Throws ValidationError, InvitationNotFoundError, InvitationStateError. */
export class WithdrawInvitationCommand extends TenantCommand<InvitationResponse> {
  static readonly operation = 'partner-invitations.withdraw';

  readonly request: ReasonRequest;

  constructor(
    actor: Actor,
    readonly invitationId: string,
    request: ReasonRequest = {},
    options: CommandOptions = {},
  ) {
    super(actor, options);
    this.request = validated(ReasonRequest, request);
  }

  get payload() {
    return { invitation_id: this.invitationId, ...this.request };
  }
}
