import { Query } from '@nestjs/cqrs';
import type { Actor } from '../../shared/access/actor.js';
import type { EmailTemplateName } from '../email-kinds.js';
import type { EffectiveEmailTemplate } from '../email-template.response.js';

/** Returns the texts that apply to a language. */
export class GetEmailTemplateQuery extends Query<EffectiveEmailTemplate> {
  constructor(
    readonly actor: Actor,
    readonly template: EmailTemplateName,
    readonly language: string,
  ) {
    super();
  }
}
