import { QueryHandler, type IQueryHandler } from '@nestjs/cqrs';
import { EmailTextFinder } from '../composing/email-text-finder.js';
import { toEffectiveTemplate } from '../email-template.response.js';
import { GetEmailTemplateQuery } from './get-email-template.query.js';

@QueryHandler(GetEmailTemplateQuery)
export class GetEmailTemplateHandler implements IQueryHandler<GetEmailTemplateQuery> {
  constructor(private readonly finder: EmailTextFinder) {}

  async execute({ actor, template, language }: GetEmailTemplateQuery) {
    const found = await this.finder.find(actor.tenantId, template, language);
    return toEffectiveTemplate(template, found.language, found.texts, found.version);
  }
}
