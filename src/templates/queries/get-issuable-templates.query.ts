import { Query } from '@nestjs/cqrs';
import type { Actor } from '../../shared/access/actor.js';
import type { IssuableTemplate } from '../template.repository.js';

/** Returns current templates by id, never from a cache; unknown templates are omitted. */
export class GetIssuableTemplatesQuery extends Query<IssuableTemplate[]> {
  constructor(
    readonly actor: Actor,
    readonly templateIds: readonly string[],
  ) {
    super();
  }
}
