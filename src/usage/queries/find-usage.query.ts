import { Query } from '@nestjs/cqrs';
import type { License } from '../../licensing/index.js';
import type { Actor } from '../../shared/access/actor.js';

/** Returns the usage of a license in the current period, by feature. A feature without usage is missing. */
export class FindUsageQuery extends Query<ReadonlyMap<string, number>> {
  constructor(
    readonly actor: Actor,
    readonly license: License,
    readonly now: Date,
  ) {
    super();
  }
}
