import { Module } from '@nestjs/common';
import { TypeOrmModule } from '@nestjs/typeorm';
import { CancelEmailHandler } from './commands/cancel-email.handler.js';
import { ResendEmailHandler } from './commands/resend-email.handler.js';
import { SendEmailHandler } from './commands/send-email.handler.js';
import { EmailComposer } from './composing/email-composer.js';
import { EmailIntake } from './composing/email-intake.js';
import { EmailAttempts } from './email-attempts.js';
import { EmailMessage } from './email-message.entity.js';
import { EmailMessageRepository } from './email-message.repository.js';
import { EmailMessagesController } from './email-messages.controller.js';
import { EmailTemplate } from './email-template.entity.js';
import { EmailTemplateRepository } from './email-template.repository.js';
import { GetEmailMessageHandler } from './queries/get-email-message.handler.js';
import { ListEmailMessagesHandler } from './queries/list-email-messages.handler.js';
import { EmailDelivery } from './sending/email-delivery.js';
import { EmailSender } from './sending/email-sender.js';
import { SmtpRelay } from './sending/smtp-relay.js';

@Module({
  imports: [TypeOrmModule.forFeature([EmailMessage, EmailTemplate])],
  controllers: [EmailMessagesController],
  providers: [
    EmailMessageRepository,
    EmailTemplateRepository,
    EmailAttempts,
    EmailComposer,
    EmailIntake,
    EmailDelivery,
    EmailSender,
    SmtpRelay,
    SendEmailHandler,
    ResendEmailHandler,
    CancelEmailHandler,
    GetEmailMessageHandler,
    ListEmailMessagesHandler,
  ],
})
export class NotificationsModule {}
