import { QueryHandler, type IQueryHandler } from '@nestjs/cqrs';
import { Secrets } from '../../shared/secrets/secrets.js';
import { EmailComposer } from '../composing/email-composer.js';
import { MASK } from '../email-kinds.js';
import { EmailMessageErasedError, EmailMessageNotFoundError } from '../email-message.errors.js';
import { EmailMessageRepository } from '../email-message.repository.js';
import { PreviewEmailMessageQuery } from './preview-email-message.query.js';

@QueryHandler(PreviewEmailMessageQuery)
export class PreviewEmailMessageHandler implements IQueryHandler<PreviewEmailMessageQuery> {
  constructor(
    private readonly messages: EmailMessageRepository,
    private readonly composer: EmailComposer,
    private readonly secrets: Secrets,
  ) {}

  async execute({ actor, emailMessageId }: PreviewEmailMessageQuery) {
    const message = await this.messages.find(actor.tenantId, emailMessageId);
    if (!message) throw new EmailMessageNotFoundError(emailMessageId);
    const content = message.openContent(this.secrets);
    if (!content) throw new EmailMessageErasedError(emailMessageId);
    const composition = await this.composer.compose(actor, message.subjects(content));
    const lastFour = composition.license?.licenseKeyLastFour;
    return composition.render({
      ...(lastFour !== undefined && { license_key: `${MASK}-${lastFour}` }),
      ...(message.invitationId !== null && { invitation_code: MASK }),
    });
  }
}
