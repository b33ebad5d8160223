import { QueryHandler, type IQueryHandler } from '@nestjs/cqrs';
import { Paginator } from '../../shared/http/paginator.js';
import { equalities } from '../../shared/persistence/tenant-scoped.repository.js';
import { EmailTemplateRepository } from '../email-template.repository.js';
import { toEmailTemplateResponse } from '../email-template.response.js';
import { ListEmailTemplatesQuery } from './list-email-templates.query.js';

@QueryHandler(ListEmailTemplatesQuery)
export class ListEmailTemplatesHandler implements IQueryHandler<ListEmailTemplatesQuery> {
  constructor(
    private readonly templates: EmailTemplateRepository,
    private readonly paginator: Paginator,
  ) {}

  async execute({ actor, request }: ListEmailTemplatesQuery) {
    const page = this.paginator.request({ tenantId: actor.tenantId, list: 'email-templates' }, request);
    const conditions = equalities({ template: request.template, language: request.language });
    const rows = await this.templates.list(actor.tenantId, conditions, page);
    const positionOf = ({ createdAt: at, emailTemplateId: id }: (typeof rows)[number]) => ({ at, id });
    return this.paginator.page(rows, page, positionOf, toEmailTemplateResponse);
  }
}
