import { CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { UnitOfWork } from '../../shared/persistence/unit-of-work.js';
import { Secrets } from '../../shared/secrets/secrets.js';
import { Clock } from '../../shared/time/clock.js';
import { EmailMessageNotFoundError } from '../email-message.errors.js';
import { EmailMessageRepository } from '../email-message.repository.js';
import { toEmailMessageResponse } from '../email-message.response.js';
import { EmailMessageCancelledEvent } from '../events/email-message.events.js';
import { CancelEmailCommand } from './cancel-email.command.js';

@CommandHandler(CancelEmailCommand)
export class CancelEmailHandler implements ICommandHandler<CancelEmailCommand> {
  constructor(
    private readonly unitOfWork: UnitOfWork,
    private readonly messages: EmailMessageRepository,
    private readonly secrets: Secrets,
    private readonly clock: Clock,
  ) {}

  execute(command: CancelEmailCommand) {
    const { actor, emailMessageId, request } = command;
    return this.unitOfWork.perform(command, async (transaction) => {
      const message = await this.messages.findForUpdate(actor.tenantId, emailMessageId);
      if (!message) throw new EmailMessageNotFoundError(emailMessageId);
      message.assertVersion(command.options.ifMatch);
      const now = this.clock.now();
      message.cancel(now);
      await this.messages.update(message);
      transaction.record(new EmailMessageCancelledEvent(actor, now, message, request.reason));
      return toEmailMessageResponse(message, message.openContent(this.secrets));
    });
  }
}
