import { Query } from '@nestjs/cqrs';
import type { Actor } from '../../shared/access/actor.js';
import type { PastEventsFilter } from '../event-row.js';
import type { PastEvent } from '../license-event.response.js';

/** Lists events, the latest first, including committed ones that are not in the log yet. Throws HistoryTooLongError. */
export class ListPastEventsQuery extends Query<PastEvent[]> {
  constructor(
    readonly actor: Actor,
    readonly past: PastEventsFilter,
  ) {
    super();
  }
}
