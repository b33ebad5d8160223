import { Query } from '@nestjs/cqrs';
import type { Actor } from '../../shared/access/actor.js';
import type { SelectLicensesRequest } from '../license.requests.js';
import type { SelectedLicense } from '../license.response.js';

/** Selects licenses by the filters of the list, in pages as they are read. */
export class SelectLicensesQuery extends Query<AsyncGenerator<readonly SelectedLicense[]>> {
  constructor(
    readonly actor: Actor,
    readonly request: SelectLicensesRequest,
  ) {
    super();
  }
}
