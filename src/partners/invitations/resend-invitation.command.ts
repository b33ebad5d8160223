import type { z } from 'zod';
import { validated } from '../../shared/http/validation.pipe.js';
import { TenantCommand, type CommandOptions } from '../../shared/messaging/tenant-command.js';
import type { Actor } from '../../shared/access/actor.js';
import { ResendInvitationRequest } from './invitation.requests.js';
import type { IssuedInvitation } from './invitation.response.js';

/** Gives an invitation a new code for seven days; the previous code ends. Throws InvitationNotFoundError, InvitationStateError, GrantExceededError. */
export class ResendInvitationCommand extends TenantCommand<IssuedInvitation> {
  static readonly operation = 'partner-invitations.resend';

  readonly request: ResendInvitationRequest;

  constructor(
    actor: Actor,
    readonly invitationId: string,
    request: z.input<typeof ResendInvitationRequest> = {},
    options: CommandOptions = {},
  ) {
    super(actor, options);
    this.request = validated(ResendInvitationRequest, request);
  }

  get payload() {
    return { invitation_id: this.invitationId, ...this.request };
  }
}
