import { Query } from '@nestjs/cqrs';
import type { Actor } from '../../shared/access/actor.js';
import type { EmailMessageWithAttempts } from '../email-message.response.js';

/** Throws EmailMessageNotFoundError. */
export class GetEmailMessageQuery extends Query<EmailMessageWithAttempts> {
  constructor(
    readonly actor: Actor,
    readonly emailMessageId: string,
  ) {
    super();
  }
}
