import { Query } from '@nestjs/cqrs';
import type { Actor } from '../../shared/access/actor.js';
import type { FollowFilter } from '../event-row.js';
import type { FollowedEvents } from '../license-event.response.js';

/** Reads the next events of some types in the order of the log, for a cursor that resumes after `upTo`. */
export class FollowEventsQuery extends Query<FollowedEvents> {
  constructor(
    readonly actor: Actor,
    readonly filter: FollowFilter,
  ) {
    super();
  }
}
