import { Query } from '@nestjs/cqrs';
import type { Actor } from '../../shared/access/actor.js';
import type { IssuableTemplate } from '../template.repository.js';

/** Templates by id as they are now, never from a cache; those that the tenant does not have are left out. */
export class GetIssuableTemplatesQuery extends Query<IssuableTemplate[]> {
  constructor(
    readonly actor: Actor,
    readonly templateIds: readonly string[],
  ) {
    super();
  }
}
