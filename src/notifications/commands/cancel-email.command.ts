import { ReasonRequest } from '../../shared/http/action-reason.js';
import { validated } from '../../shared/http/validation.pipe.js';
import { TenantCommand, type CommandOptions } from '../../shared/messaging/tenant-command.js';
import type { Actor } from '../../shared/access/actor.js';
import type { EmailMessageResponse } from '../email-message.response.js';

/** Cancels an e-mail that waits. Throws ValidationError, EmailMessageNotFoundError, EmailMessageStateError, PreconditionFailedError. */
export class CancelEmailCommand extends TenantCommand<EmailMessageResponse> {
  static readonly operation = 'email-messages.cancel';

  readonly request: ReasonRequest;

  constructor(
    actor: Actor,
    readonly emailMessageId: string,
    request: ReasonRequest = {},
    options: CommandOptions = {},
  ) {
    super(actor, options);
    this.request = validated(ReasonRequest, request);
  }

  get payload() {
    return { email_message_id: this.emailMessageId, ...this.request };
  }
}
