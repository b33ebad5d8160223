import { QueryHandler, type IQueryHandler } from '@nestjs/cqrs';
import { toTemplateResponse } from '../template.dto.js';
import { TemplateNotFoundError } from '../template.errors.js';
import { TemplateRepository } from '../template.repository.js';
import { GetTemplateQuery } from './get-template.query.js';

@QueryHandler(GetTemplateQuery)
export class GetTemplateHandler implements IQueryHandler<GetTemplateQuery> {
  constructor(private readonly templates: TemplateRepository) {}

  async execute({ actor, templateId }: GetTemplateQuery) {
    const template = await this.templates.find(actor.tenantId, templateId);
    if (!template) throw new TemplateNotFoundError(templateId);
    return toTemplateResponse(template);
  }
}
