import { Query } from '@nestjs/cqrs';
import type { Actor } from '../../shared/access/actor.js';
import type { EmailTemplateName } from '../email-kinds.js';
import type { PreviewEmailTemplateRequest } from '../email-template.requests.js';
import type { EmailPreview } from '../email-template.response.js';

/** Renders texts with example values; nothing is stored. Throws ValidationError. */
export class PreviewEmailTemplateQuery extends Query<EmailPreview> {
  constructor(
    readonly actor: Actor,
    readonly template: EmailTemplateName,
    readonly language: string,
    readonly request: PreviewEmailTemplateRequest,
  ) {
    super();
  }
}
