import type { z } from 'zod';
import { validated } from '../../shared/http/validation.pipe.js';
import { TenantCommand, type CommandOptions } from '../../shared/messaging/tenant-command.js';
import type { Actor } from '../../shared/access/actor.js';
import { CreateInvitationRequest } from './invitation.requests.js';
import type { IssuedInvitation } from './invitation.response.js';

export interface CreateInvitationOptions extends CommandOptions {
  /** Id that public documents contain; for sample data only. */
  readonly invitationId?: string;
}

/** Invites a partner to make an API key. Throws ValidationError, PartnerNotFoundError, PartnerStateError, GrantExceededError. */
export class CreateInvitationCommand extends TenantCommand<IssuedInvitation> {
  static readonly operation = 'partner-invitations.create';

  readonly request: CreateInvitationRequest;

  constructor(
    actor: Actor,
    request: z.input<typeof CreateInvitationRequest>,
    override readonly options: CreateInvitationOptions = {},
  ) {
    super(actor, options);
    this.request = validated(CreateInvitationRequest, request);
  }

  get payload() {
    return { request: this.request };
  }
}
