import { Query } from '@nestjs/cqrs';
import type { Actor } from '../../shared/access/actor.js';

/** Lists ids of licenses with license files that are revoked or suspended and changed at or after `since`. */
export class ListRevokedLicensesQuery extends Query<string[]> {
  constructor(
    readonly actor: Actor,
    readonly since: Date,
  ) {
    super();
  }
}
