import { Query } from '@nestjs/cqrs';
import type { Actor } from '../../shared/access/actor.js';
import type { EmailPreview } from '../email-template.response.js';

/** Composes a message as it would be sent now, with secret values masked. Throws EmailMessageNotFoundError, EmailMessageErasedError. */
export class PreviewEmailMessageQuery extends Query<EmailPreview> {
  constructor(
    readonly actor: Actor,
    readonly emailMessageId: string,
  ) {
    super();
  }
}
