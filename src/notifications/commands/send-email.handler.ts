import { CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { UnitOfWork } from '../../shared/persistence/unit-of-work.js';
import { EmailIntake } from '../composing/email-intake.js';
import { SendEmailCommand } from './send-email.command.js';

@CommandHandler(SendEmailCommand)
export class SendEmailHandler implements ICommandHandler<SendEmailCommand> {
  constructor(
    private readonly unitOfWork: UnitOfWork,
    private readonly intake: EmailIntake,
  ) {}

  execute(command: SendEmailCommand) {
    return this.unitOfWork.perform(command, async (transaction) => {
      const { actor, email, options } = command;
      const { emailMessageId, invitationId } = options;
      const message = await this.intake.queue(transaction, actor, email, { emailMessageId, invitationId });
      return { email_message_id: message.emailMessageId };
    });
  }
}
