import { Query } from '@nestjs/cqrs';
import type { Page } from '../../shared/http/paging.js';
import type { Actor } from '../../shared/access/actor.js';
import type { ListEventsRequest } from '../license-event.requests.js';
import type { LicenseEventResponse } from '../license-event.response.js';

export class ListEventsQuery extends Query<Page<LicenseEventResponse>> {
  constructor(
    readonly actor: Actor,
    readonly request: ListEventsRequest,
  ) {
    super();
  }
}
