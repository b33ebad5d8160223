import { Query } from '@nestjs/cqrs';
import type { Actor } from '../../shared/access/actor.js';
import type { CompareTemplateVersionsRequest } from '../template.requests.js';
import type { TemplateDiffResponse } from '../template-versions.response.js';

/** Compares two versions of a template. Throws TemplateNotFoundError, InvalidParameterError, HistoryTooLongError. */
export class CompareTemplateVersionsQuery extends Query<TemplateDiffResponse> {
  constructor(
    readonly actor: Actor,
    readonly templateId: string,
    readonly request: CompareTemplateVersionsRequest,
  ) {
    super();
  }
}
