import { Query } from '@nestjs/cqrs';
import type { Actor } from '../../shared/access/actor.js';
import type { ListTemplatesRequest } from '../template.requests.js';
import type { TemplatePage } from '../template.response.js';

export class ListTemplatesQuery extends Query<TemplatePage> {
  constructor(
    readonly actor: Actor,
    readonly request: ListTemplatesRequest,
  ) {
    super();
  }
}
