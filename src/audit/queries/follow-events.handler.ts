import { QueryHandler, type IQueryHandler } from '@nestjs/cqrs';
import { EventLog } from '../event-log.js';
import { toLicenseEventResponse } from '../license-event.response.js';
import { FollowEventsQuery } from './follow-events.query.js';

@QueryHandler(FollowEventsQuery)
export class FollowEventsHandler implements IQueryHandler<FollowEventsQuery> {
  constructor(private readonly log: EventLog) {}

  async execute({ actor, filter }: FollowEventsQuery) {
    const { events, upTo } = await this.log.follow(actor.tenantId, filter);
    return { events: events.map(toLicenseEventResponse), upTo };
  }
}
