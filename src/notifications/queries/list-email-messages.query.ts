import { Query } from '@nestjs/cqrs';
import type { Actor } from '../../shared/access/actor.js';
import type { ListEmailMessagesRequest } from '../email-message.requests.js';
import type { EmailMessagePage } from '../email-message.response.js';

export class ListEmailMessagesQuery extends Query<EmailMessagePage> {
  constructor(
    readonly actor: Actor,
    readonly request: ListEmailMessagesRequest,
  ) {
    super();
  }
}
