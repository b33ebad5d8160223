import { Command } from '@nestjs/cqrs';
import type { z } from 'zod';
import { validated } from '../../shared/http/validation.pipe.js';
import type { IssuedApiKey } from '../../tenants/index.js';
import { RedeemInvitationRequest } from './invitation.requests.js';

/**
 * Makes an API key of the partner by the code of an invitation, once. The code is the credential, so there is no actor. Throws
 * ValidationError, InvitationNotFoundError, PartnerStateError.
 */
export class RedeemInvitationCommand extends Command<IssuedApiKey> {
  static readonly operation = 'partner-invitations.redeem';

  readonly request: RedeemInvitationRequest;

  constructor(request: z.input<typeof RedeemInvitationRequest>) {
    super();
    this.request = validated(RedeemInvitationRequest, request);
  }
}
