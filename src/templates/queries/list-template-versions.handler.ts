import { QueryHandler, type IQueryHandler } from '@nestjs/cqrs';
import { TemplateHistory } from '../template-history.js';
import { TemplateLicenseCounts } from '../template-license-counts.js';
import { toTemplateVersionsResponse } from '../template-versions.response.js';
import { ListTemplateVersionsQuery } from './list-template-versions.query.js';

@QueryHandler(ListTemplateVersionsQuery)
export class ListTemplateVersionsHandler implements IQueryHandler<ListTemplateVersionsQuery> {
  constructor(
    private readonly history: TemplateHistory,
    private readonly counts: TemplateLicenseCounts,
  ) {}

  async execute({ actor, templateId }: ListTemplateVersionsQuery) {
    const versions = await this.history.versionsOf(actor, templateId);
    const licenses = await this.counts.countByVersion(actor.tenantId, templateId);
    return toTemplateVersionsResponse(templateId, versions, licenses);
  }
}
