import { CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { UnitOfWork } from '../../shared/persistence/unit-of-work.js';
import { Secrets } from '../../shared/secrets/secrets.js';
import { EmailIntake } from '../composing/email-intake.js';
import { EmailMessageNotFoundError } from '../email-message.errors.js';
import { EmailMessageRepository } from '../email-message.repository.js';
import { ResendEmailCommand } from './resend-email.command.js';

@CommandHandler(ResendEmailCommand)
export class ResendEmailHandler implements ICommandHandler<ResendEmailCommand> {
  constructor(
    private readonly unitOfWork: UnitOfWork,
    private readonly messages: EmailMessageRepository,
    private readonly intake: EmailIntake,
    private readonly secrets: Secrets,
  ) {}

  execute(command: ResendEmailCommand) {
    const { actor, emailMessageId } = command;
    return this.unitOfWork.perform(command, async (transaction) => {
      const earlier = await this.messages.find(actor.tenantId, emailMessageId);
      if (!earlier) throw new EmailMessageNotFoundError(emailMessageId);
      const { to, isExplicit, language, variables } = earlier.contentForResend(this.secrets);
      const { template, licenseId, customerId, partnerId, orderId } = earlier;
      const request = {
        template,
        license_id: licenseId ?? undefined,
        // A license may have another customer by now.
        customer_id: licenseId === null ? (customerId ?? undefined) : undefined,
        partner_id: partnerId ?? undefined,
        order_id: orderId ?? undefined,
        to: isExplicit ? to : undefined,
        language,
        variables,
      };
      const message = await this.intake.queue(transaction, actor, request, { resendOf: emailMessageId });
      return { email_message_id: message.emailMessageId };
    });
  }
}
