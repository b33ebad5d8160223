import { QueryHandler, type IQueryHandler } from '@nestjs/cqrs';
import { EventLog } from '../event-log.js';
import { ListEventsQuery } from './list-events.query.js';
import { toLicenseEventPage } from '../license-event.response.js';

@QueryHandler(ListEventsQuery)
export class ListEventsHandler implements IQueryHandler<ListEventsQuery> {
  constructor(private readonly log: EventLog) {}

  async execute({ actor, request }: ListEventsQuery) {
    return toLicenseEventPage(await this.log.read(actor, request), request.limit);
  }
}
