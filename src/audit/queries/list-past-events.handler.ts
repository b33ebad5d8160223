import { QueryHandler, type IQueryHandler } from '@nestjs/cqrs';
import { HistoryTooLongError } from '../audit.errors.js';
import { EventLog } from '../event-log.js';
import { ListPastEventsQuery } from './list-past-events.query.js';
import { toPastEvent } from '../license-event.response.js';

/** Events in memory at most; a license has fewer in its lifetime. */
const MAX_EVENTS = 2_000;

@QueryHandler(ListPastEventsQuery)
export class ListPastEventsHandler implements IQueryHandler<ListPastEventsQuery> {
  constructor(private readonly log: EventLog) {}

  async execute({ actor, past }: ListPastEventsQuery) {
    const rows = await this.log.readSince(actor.tenantId, past, MAX_EVENTS + 1);
    if (rows.length > MAX_EVENTS) throw new HistoryTooLongError(MAX_EVENTS);
    return rows.map(toPastEvent);
  }
}
