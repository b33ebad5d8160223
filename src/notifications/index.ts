export { CancelEmailCommand } from './commands/cancel-email.command.js';
export { DeleteEmailTemplateCommand } from './commands/delete-email-template.command.js';
export { PutEmailTemplateCommand } from './commands/put-email-template.command.js';
export { ResendEmailCommand } from './commands/resend-email.command.js';
export { SendEmailCommand } from './commands/send-email.command.js';
export {
  EmailLimitReachedError,
  EmailMessageErasedError,
  EmailMessageNotFoundError,
  EmailMessageStateError,
  EmailPartnerNotFoundError,
  EmailRecipientMissingError,
} from './email-message.errors.js';
export type { SendEmailRequest } from './email-message.requests.js';
export type { EmailMessageResponse, EmailMessageWithAttempts, QueuedEmail } from './email-message.response.js';
export {
  EmailMessageCancelledEvent,
  EmailMessageExpiredEvent,
  EmailMessageFailedEvent,
  EmailMessageQueuedEvent,
  EmailMessageSentEvent,
} from './events/email-message.events.js';
export { EmailTemplateDeletedEvent, EmailTemplateUpdatedEvent } from './events/email-template.events.js';
export { EmailTemplateNotFoundError } from './email-template.errors.js';
export { NotificationsModule } from './notifications.module.js';
export { OrderConfirmations, type OrderConfirmation } from './order-confirmations.js';
export { PartnerContacts, type InvitationCode, type PartnerContact } from './partner-contacts.js';
export { GetEmailTemplateQuery } from './queries/get-email-template.query.js';
export { ListEmailTemplatesQuery } from './queries/list-email-templates.query.js';
export { PreviewEmailMessageQuery } from './queries/preview-email-message.query.js';
export { PreviewEmailTemplateQuery } from './queries/preview-email-template.query.js';
export { GetEmailMessageQuery } from './queries/get-email-message.query.js';
export { ListEmailMessagesQuery } from './queries/list-email-messages.query.js';
export { mailer } from './events/email-message.events.js';
export { emailAttemptSealContext, emailMessageSealContext, recipientDigest } from './seal-contexts.js';
