import { Query } from '@nestjs/cqrs';
import type { License } from '../../licensing/index.js';
import type { Actor } from '../../shared/access/actor.js';

/** Returns the usage at a past time, by feature, for the license as it was; null if it is unknown because it changed since. */
export class FindUsageAsOfQuery extends Query<ReadonlyMap<string, number | null>> {
  constructor(
    readonly actor: Actor,
    readonly license: License,
    readonly instant: Date,
  ) {
    super();
  }
}
