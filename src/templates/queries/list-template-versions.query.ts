import { Query } from '@nestjs/cqrs';
import type { Actor } from '../../shared/access/actor.js';
import type { TemplateVersionsResponse } from '../template-versions.response.js';

/** Lists the versions of a template with the number of their licenses. Throws TemplateNotFoundError, HistoryTooLongError. */
export class ListTemplateVersionsQuery extends Query<TemplateVersionsResponse> {
  constructor(
    readonly actor: Actor,
    readonly templateId: string,
  ) {
    super();
  }
}
