import type { z } from 'zod';
import { validated } from '../../shared/http/validation.pipe.js';
import { TenantCommand, type CommandOptions } from '../../shared/messaging/tenant-command.js';
import type { Actor } from '../../shared/access/actor.js';
import { SendEmailRequest } from '../email-message.requests.js';
import type { QueuedEmail } from '../email-message.response.js';

export interface SendEmailOptions extends CommandOptions {
  /** Id of the message; random if it is not given. */
  readonly emailMessageId?: string;
  /** Open invitation of the partner that the message brings; the sender must be allowed to invite. */
  readonly invitationId?: string;
}

/**
 * Queues an e-mail, which is sent in the background, also after a restart. Returns its id alone. With `partner_id` the address is that which
 * PartnerContacts has, unless `to` names one; a license key goes only to the addresses of the license's own customer or partner, for an actor
 * with `licenses:reveal-key`. Throws ValidationError, PermissionDeniedError, LicenseNotFoundError, EmailPartnerNotFoundError,
 * EmailRecipientMissingError, EmailLimitReachedError.
 */
export class SendEmailCommand extends TenantCommand<QueuedEmail> {
  static readonly operation = 'email-messages.send';

  readonly email: SendEmailRequest;

  constructor(
    actor: Actor,
    email: z.input<typeof SendEmailRequest>,
    override readonly options: SendEmailOptions = {},
  ) {
    super(actor, options);
    this.email = validated(SendEmailRequest, email);
  }

  get payload() {
    return { request: this.email };
  }
}
