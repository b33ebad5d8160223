import { QueryHandler, type IQueryHandler } from '@nestjs/cqrs';
import { TemplateRepository } from '../template.repository.js';
import { GetIssuableTemplatesQuery } from './get-issuable-templates.query.js';

@QueryHandler(GetIssuableTemplatesQuery)
export class GetIssuableTemplatesHandler implements IQueryHandler<GetIssuableTemplatesQuery> {
  constructor(private readonly templates: TemplateRepository) {}

  execute({ actor, templateIds }: GetIssuableTemplatesQuery) {
    return this.templates.findIssuable(actor.tenantId, templateIds);
  }
}
