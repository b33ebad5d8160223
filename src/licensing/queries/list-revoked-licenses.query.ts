import { Query } from '@nestjs/cqrs';
import type { Actor } from '../../shared/access/actor.js';

/** Ids of the licenses that are revoked or suspended, and were changed since this time. */
export class ListRevokedLicensesQuery extends Query<string[]> {
  constructor(
    readonly actor: Actor,
    readonly since: Date,
  ) {
    super();
  }
}
