import { Module } from '@nestjs/common';
import { TypeOrmModule } from '@nestjs/typeorm';
import { CancelEmailHandler } from './commands/cancel-email.handler.js';
import { DeleteEmailTemplateHandler } from './commands/delete-email-template.handler.js';
import { PutEmailTemplateHandler } from './commands/put-email-template.handler.js';
import { ResendEmailHandler } from './commands/resend-email.handler.js';
import { SendEmailHandler } from './commands/send-email.handler.js';
import { EmailComposer } from './composing/email-composer.js';
import { EmailIntake } from './composing/email-intake.js';
import { EmailTextFinder } from './composing/email-text-finder.js';
import { EmailAttempts } from './email-attempts.js';
import { EmailMessage } from './email-message.entity.js';
import { EmailMessageRepository } from './email-message.repository.js';
import { EmailMessagesController } from './email-messages.controller.js';
import { EmailTemplate } from './email-template.entity.js';
import { EmailTemplateRepository } from './email-template.repository.js';
import { EmailTemplatesController } from './email-templates.controller.js';
import { EmailCursors } from './following/email-cursors.js';
import { EmailFollower } from './following/email-follower.js';
import { GetEmailMessageHandler } from './queries/get-email-message.handler.js';
import { GetEmailTemplateHandler } from './queries/get-email-template.handler.js';
import { ListEmailMessagesHandler } from './queries/list-email-messages.handler.js';
import { ListEmailTemplatesHandler } from './queries/list-email-templates.handler.js';
import { PreviewEmailMessageHandler } from './queries/preview-email-message.handler.js';
import { PreviewEmailTemplateHandler } from './queries/preview-email-template.handler.js';
import { EmailDelivery } from './sending/email-delivery.js';
import { EmailSender } from './sending/email-sender.js';
import { SmtpRelay } from './sending/smtp-relay.js';

@Module({
  imports: [TypeOrmModule.forFeature([EmailMessage, EmailTemplate])],
  controllers: [EmailMessagesController, EmailTemplatesController],
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
    DeleteEmailTemplateHandler,
    PutEmailTemplateHandler,
    EmailTextFinder,
    EmailCursors,
    EmailFollower,
    GetEmailTemplateHandler,
    ListEmailTemplatesHandler,
    PreviewEmailMessageHandler,
    PreviewEmailTemplateHandler,
  ],
})
export class NotificationsModule {}
