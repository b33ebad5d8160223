import { Query } from '@nestjs/cqrs';
import type { Actor } from '../../shared/access/actor.js';
import type { ListLicensesRequest } from '../license.requests.js';
import type { LicensePage } from '../license.response.js';

export class ListLicensesQuery extends Query<LicensePage> {
  constructor(
    readonly actor: Actor,
    readonly request: ListLicensesRequest,
  ) {
    super();
  }
}
