import { Query } from '@nestjs/cqrs';
import type { Actor } from '../../shared/access/actor.js';
import type { JsonText } from '../../shared/http/json-text.js';
import type { Page } from '../../shared/http/paging.js';
import type { ListLicensesRequest } from '../license.requests.js';
import type { LicenseResponse } from '../license.response.js';

/** Lists licenses like ListLicensesQuery, each as JSON text, which costs a fraction of building the objects. */
export class ListLicensesAsJsonQuery extends Query<Page<JsonText<LicenseResponse>>> {
  constructor(
    readonly actor: Actor,
    readonly request: ListLicensesRequest,
  ) {
    super();
  }
}
