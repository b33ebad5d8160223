import { TenantCommand, type CommandOptions } from '../../shared/messaging/tenant-command.js';
import type { Actor } from '../../shared/access/actor.js';
import type { QueuedEmail } from '../email-message.response.js';

/**
 * Queues a new e-mail like one that ended, with a Message-ID of its own, to the present address of its customer or partner. An
 * invitation is not sent again by it, but by ResendInvitationCommand. Throws EmailMessageNotFoundError, EmailMessageStateError,
 * EmailMessageErasedError, and as SendEmailCommand.
 */
export class ResendEmailCommand extends TenantCommand<QueuedEmail> {
  static readonly operation = 'email-messages.resend';

  constructor(
    actor: Actor,
    readonly emailMessageId: string,
    options: CommandOptions = {},
  ) {
    super(actor, options);
  }

  get payload() {
    return { email_message_id: this.emailMessageId };
  }
}
