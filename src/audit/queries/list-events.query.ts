import { Query } from '@nestjs/cqrs';
import type { Page } from '../../shared/http/paging.js';
import type { Actor } from '../../shared/access/actor.js';
import type { LicenseEventResponse, ListEventsRequest } from '../license-event.dto.js';

export class ListEventsQuery extends Query<Page<LicenseEventResponse>> {
  constructor(
    readonly actor: Actor,
    readonly request: ListEventsRequest,
  ) {
    super();
  }
}
