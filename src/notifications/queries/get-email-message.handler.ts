import { QueryHandler, type IQueryHandler } from '@nestjs/cqrs';
import { Secrets } from '../../shared/secrets/secrets.js';
import { EmailAttempts } from '../email-attempts.js';
import { EmailMessageNotFoundError } from '../email-message.errors.js';
import { EmailMessageRepository } from '../email-message.repository.js';
import { toEmailMessageResponse } from '../email-message.response.js';
import { GetEmailMessageQuery } from './get-email-message.query.js';

@QueryHandler(GetEmailMessageQuery)
export class GetEmailMessageHandler implements IQueryHandler<GetEmailMessageQuery> {
  constructor(
    private readonly messages: EmailMessageRepository,
    private readonly attempts: EmailAttempts,
    private readonly secrets: Secrets,
  ) {}

  async execute({ actor, emailMessageId }: GetEmailMessageQuery) {
    const message = await this.messages.find(actor.tenantId, emailMessageId);
    if (!message) throw new EmailMessageNotFoundError(emailMessageId);
    const attempts = await this.attempts.list(actor.tenantId, emailMessageId);
    return { ...toEmailMessageResponse(message, message.openContent(this.secrets)), attempts };
  }
}
