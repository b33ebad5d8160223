import { Query } from '@nestjs/cqrs';
import type { Actor } from '../../shared/access/actor.js';
import type { ListEmailTemplatesRequest } from '../email-template.requests.js';
import type { EmailTemplatePage } from '../email-template.response.js';

export class ListEmailTemplatesQuery extends Query<EmailTemplatePage> {
  constructor(
    readonly actor: Actor,
    readonly request: ListEmailTemplatesRequest,
  ) {
    super();
  }
}
