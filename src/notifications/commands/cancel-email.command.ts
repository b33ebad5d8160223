import { TenantCommand, type CommandOptions } from '../../shared/messaging/tenant-command.js';
import type { Actor } from '../../shared/access/actor.js';
import type { EmailMessageResponse } from '../email-message.response.js';

/** Cancels an e-mail that waits. Throws EmailMessageNotFoundError, EmailMessageStateError, PreconditionFailedError. */
export class CancelEmailCommand extends TenantCommand<EmailMessageResponse> {
  static readonly operation = 'email-messages.cancel';

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
