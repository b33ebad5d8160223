import { QueryHandler, type IQueryHandler } from '@nestjs/cqrs';
import { InvalidParameterError } from '../../shared/errors.js';
import { TemplateHistory } from '../template-history.js';
import { differencesOf } from '../template-versions.js';
import { CompareTemplateVersionsQuery } from './compare-template-versions.query.js';

@QueryHandler(CompareTemplateVersionsQuery)
export class CompareTemplateVersionsHandler implements IQueryHandler<CompareTemplateVersionsQuery> {
  constructor(private readonly history: TemplateHistory) {}

  async execute({ actor, templateId, request }: CompareTemplateVersionsQuery) {
    const versions = await this.history.versionsOf(actor, templateId);
    const snapshotOf = (name: string, wanted: number) => {
      const found = versions.find(({ version }) => version === wanted);
      if (!found) throw new InvalidParameterError(name, 'must be a version of the license template');
      return found.snapshot;
    };
    const to = request.to ?? versions[0]?.version ?? 1;
    const from = request.from ?? Math.max(to - 1, versions.at(-1)?.version ?? 1);
    return {
      template_id: templateId,
      from,
      to,
      changes: differencesOf(snapshotOf('from', from), snapshotOf('to', to)),
    };
  }
}
