import { Query } from '@nestjs/cqrs';
import type { Actor } from '../../shared/access/actor.js';
import type { TemplateResponse } from '../template.response.js';

/** Throws TemplateNotFoundError. */
export class GetTemplateQuery extends Query<TemplateResponse> {
  constructor(
    readonly actor: Actor,
    readonly templateId: string,
  ) {
    super();
  }
}
