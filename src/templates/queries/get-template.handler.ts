import { QueryHandler, type IQueryHandler } from '@nestjs/cqrs';
import { TemplateNotFoundError } from '../template.errors.js';
import { TemplateRepository } from '../template.repository.js';
import { GetTemplateQuery } from './get-template.query.js';
import { toTemplateResponse } from '../template.response.js';

@QueryHandler(GetTemplateQuery)
export class GetTemplateHandler implements IQueryHandler<GetTemplateQuery> {
  constructor(private readonly templates: TemplateRepository) {}

  async execute({ actor, templateId }: GetTemplateQuery) {
    const template = await this.templates.find(actor.tenantId, templateId);
    if (!template) throw new TemplateNotFoundError(templateId);
    return toTemplateResponse(template);
  }
}
