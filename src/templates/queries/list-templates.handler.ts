import { QueryHandler, type IQueryHandler } from '@nestjs/cqrs';
import { pageRequest, toPage } from '../../shared/http/paging.js';
import { IdParameter } from '../../shared/http/schema.js';
import { equalities, prefixCondition } from '../../shared/tenancy/tenant.repository.js';
import { toTemplateResponse } from '../template.dto.js';
import { TemplateRepository } from '../template.repository.js';
import { ListTemplatesQuery } from './list-templates.query.js';

@QueryHandler(ListTemplatesQuery)
export class ListTemplatesHandler implements IQueryHandler<ListTemplatesQuery> {
  constructor(private readonly templates: TemplateRepository) {}

  async execute({ actor, request }: ListTemplatesQuery) {
    const page = pageRequest(request, IdParameter);
    const conditions = [
      ...equalities({ productId: request.product_id, licenseType: request.license_type, active: request.active }),
      ...prefixCondition(['template_name_lower'], request.q),
    ];
    const rows = await this.templates.list(actor.tenantId, conditions, page);
    return toPage(rows, page, ({ createdAt: at, templateId: id }) => ({ at, id }), toTemplateResponse);
  }
}
