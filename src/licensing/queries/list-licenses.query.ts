import { Query } from '@nestjs/cqrs';
import type { Actor } from '../../shared/access/actor.js';
import type { LicensePage, ListLicensesRequest } from '../license.dto.js';

export class ListLicensesQuery extends Query<LicensePage> {
  constructor(
    readonly actor: Actor,
    readonly request: ListLicensesRequest,
  ) {
    super();
  }
}
