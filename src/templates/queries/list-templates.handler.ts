import { QueryHandler, type IQueryHandler } from '@nestjs/cqrs';
import { Paginator } from '../../shared/http/paginator.js';
import { equalities, prefixCondition } from '../../shared/persistence/tenant-scoped.repository.js';
import { TemplateRepository } from '../template.repository.js';
import { ListTemplatesQuery } from './list-templates.query.js';
import { toTemplateResponse } from '../template.response.js';

@QueryHandler(ListTemplatesQuery)
export class ListTemplatesHandler implements IQueryHandler<ListTemplatesQuery> {
  constructor(
    private readonly templates: TemplateRepository,
    private readonly paginator: Paginator,
  ) {}

  async execute({ actor, request }: ListTemplatesQuery) {
    const page = this.paginator.request({ tenantId: actor.tenantId, list: 'templates' }, request);
    const conditions = [
      ...equalities({ productId: request.product_id, licenseType: request.license_type, active: request.active }),
      ...prefixCondition(['template_name_lower'], request.q),
    ];
    const rows = await this.templates.list(actor.tenantId, conditions, page);
    return this.paginator.page(rows, page, ({ createdAt: at, templateId: id }) => ({ at, id }), toTemplateResponse);
  }
}
